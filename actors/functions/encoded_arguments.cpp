#include <troupe/actors/functions/encode_arguments.hpp>
#include <troupe/actors/functions/received_argument.hpp>

#include <array>
#include <cstring>
#include <span>

namespace troupe::detail {

void write_slot(encoder& out, slot s) {
  auto const number = byteswap(s.index);
  out.write_extension(slot_tag, std::as_bytes(std::span(&number, 1)));
}

slot read_slot(decoder& in) {
  std::uint32_t number = 0;
  std::memcpy(&number, in.read_extension().bytes.data(), sizeof number);
  return {byteswap(number)};
}

void write_engaged(encoder& out) {
  std::byte const nothing{0};
  out.write_extension(engaged_tag, {&nothing, 1});
}

bool try_engaged(decoder& in) {
  if (!in.at_extension(engaged_tag, 1)) return false;
  static_cast<void>(in.read_extension());
  return true;
}

}  // namespace troupe::detail
