#include <troupe/net/codec/runs.hpp>

#include <array>
#include <string>
#include <string_view>

namespace troupe::detail {
namespace {

std::string run_name(std::int8_t tag) {
  constexpr std::array<std::string_view, 10> names{"?", "u16", "u32", "u64", "i16", "i32", "i64", "f32", "f64", "bit"};
  auto const at = static_cast<unsigned char>(tag);
  if (at >= 1 && at < names.size()) return "a run of " + std::string(names[at]);
  auto const attached = static_cast<unsigned char>(at - static_cast<unsigned char>(attachment_tag::bytes));
  if (attached >= 1 && attached < names.size()) return "an attached run of " + std::string(names[attached]);
  return "extension " + std::to_string(tag);
}

std::span<std::byte const> read_tagged(decoder& in, run_tag tag) {
  std::size_t const start = in.offset();
  auto const found = in.read_extension();
  if (found.tag != static_cast<std::int8_t>(tag))
    in.fail_at(start, run_name(static_cast<std::int8_t>(tag)), run_name(found.tag));
  return found.bytes;
}

}  // namespace

void write_run(encoder& out, run_tag tag, std::span<std::byte const> bytes) {
  if (tag != run_tag::bits && out.attach_part(attachment_of(tag), bytes)) return;
  out.write_extension(static_cast<std::int8_t>(tag), bytes);
}

void write_bytes(encoder& out, std::span<std::byte const> bytes) {
  if (!out.attach_part(attachment_tag::bytes, bytes)) out.write_binary(bytes);
}

std::span<std::byte const> read_run(decoder& in, run_tag tag, std::size_t width) {
  std::size_t const start = in.offset();
  auto const* attached = in.try_attachment(attachment_of(tag));
  auto const bytes = attached ? attached->bytes() : read_tagged(in, tag);
  if (bytes.size() % width != 0)
    in.fail_at(start, run_name(static_cast<std::int8_t>(tag)), std::to_string(bytes.size()) + " bytes");
  return bytes;
}

bit_run read_bits(decoder& in) {
  std::size_t const start = in.offset();
  auto const bytes = read_tagged(in, run_tag::bits);
  std::size_t const unused = bytes.empty() ? 8 : static_cast<std::size_t>(bytes[0]);
  if (unused > 7 || (unused > 0 && bytes.size() == 1))
    in.fail_at(start, "a run of bits", "a wrong number of unused bits");
  return {(bytes.size() - 1) * 8 - unused, bytes.subspan(1)};
}

}  // namespace troupe::detail
