#include <troupe/net/codec/decoder.hpp>
#include <troupe/net/codec/encoder.hpp>
#include <troupe/net/codec/error.hpp>

#include <limits>
#include <string>

namespace troupe {
namespace {

/// The kind of item that a first byte announces, as messages name it.
std::string_view item_name(unsigned char tag) {
  constexpr std::string_view names[] = {"nil",       "an unused byte (0xc1)",
                                        "bool",      "bool",
                                        "binary",    "binary",
                                        "binary",    "extension",
                                        "extension", "extension",
                                        "float32",   "float64",
                                        "integer",   "integer",
                                        "integer",   "integer",
                                        "integer",   "integer",
                                        "integer",   "integer",
                                        "extension", "extension",
                                        "extension", "extension",
                                        "extension", "string",
                                        "string",    "string",
                                        "array",     "array",
                                        "map",       "map"};
  static_assert(std::size(names) == 32);
  if (tag < 0x80 || tag >= 0xe0) return "integer";
  if (tag < 0x90) return "map";
  if (tag < 0xa0) return "array";
  if (tag < 0xc0) return "string";
  return names[tag - 0xc0];
}

std::int64_t signed_byte(unsigned char byte) { return byte < 0x80 ? byte : byte - 0x100; }

}  // namespace

void decoder::fail_at(std::size_t offset, std::string_view expected, std::string_view found) const {
  throw codec_error("offset " + std::to_string(offset) + ": expected " + std::string(expected) + ", found " +
                    std::string(found));
}

void decoder::fail(std::string_view expected) const {
  fail_at(offset(), expected, at_ == end_ ? "the end of the message" : item_name(static_cast<unsigned char>(*at_)));
}

void decoder::fail_truncated(std::size_t needed, std::string_view expected) const {
  fail_at(offset(), std::string(expected) + " (" + std::to_string(needed) + " bytes)",
          std::to_string(remaining()) + " bytes before the end of the message");
}

void decoder::fail_count(std::size_t count) const {
  fail_at(offset(), "a container of " + std::to_string(count) + " elements",
          std::to_string(remaining()) + " bytes before the end of the message");
}

void decoder::expect_end() const {
  if (at_ != end_) fail_at(offset(), "the end of the message", std::to_string(remaining()) + " more bytes");
  if (attachments_read_ != attachments_.size())
    fail_at(offset(), std::to_string(attachments_read_) + " attachments", std::to_string(attachments_.size()));
}

void decoder::enter() {
  if (++depth_ > encoder::max_depth)
    fail_at(offset(), "at most " + std::to_string(encoder::max_depth) + " levels of nested structs", "more");
}

void decoder::read_nil() {
  if (!try_nil()) fail("nil");
}

bool decoder::read_bool() {
  if (at_ == end_ || (*at_ != std::byte{0xc2} && *at_ != std::byte{0xc3})) fail("bool");
  return *at_++ == std::byte{0xc3};
}

std::int64_t decoder::read_wide_int(std::int64_t min, std::int64_t max) {
  std::size_t const start = offset();
  std::string_view constexpr what = "integer";
  if (at_ == end_) fail(what);
  auto const tag = static_cast<unsigned char>(*at_);
  std::int64_t value = 0;
  if (tag < 0x80 || tag >= 0xe0) {
    ++at_;
    value = signed_byte(tag);
  } else {
    if (tag < 0xcc || tag > 0xd3) fail(what);
    ++at_;
    switch (tag) {
      case 0xcc:
        value = take_number<std::uint8_t>(what);
        break;
      case 0xcd:
        value = take_number<std::uint16_t>(what);
        break;
      case 0xce:
        value = take_number<std::uint32_t>(what);
        break;
      case 0xcf: {
        auto const wide = take_number<std::uint64_t>(what);
        if (wide > static_cast<std::uint64_t>(INT64_MAX))
          fail_at(start, "integer up to " + std::to_string(max), std::to_string(wide));
        value = static_cast<std::int64_t>(wide);
        break;
      }
      case 0xd0:
        value = signed_byte(take_number<std::uint8_t>(what));
        break;
      case 0xd1:
        value = static_cast<std::int16_t>(take_number<std::uint16_t>(what));
        break;
      case 0xd2:
        value = static_cast<std::int32_t>(take_number<std::uint32_t>(what));
        break;
      default:
        value = static_cast<std::int64_t>(take_number<std::uint64_t>(what));
        break;
    }
  }
  if (value < min || value > max)
    fail_at(start, "integer from " + std::to_string(min) + " to " + std::to_string(max), std::to_string(value));
  return value;
}

std::uint64_t decoder::read_wide_uint(std::uint64_t max) {
  std::size_t const start = offset();
  std::uint64_t value = 0;
  if (at_ != end_ && *at_ == std::byte{0xcf}) {
    ++at_;
    value = take_number<std::uint64_t>("integer");
  } else {
    std::int64_t const narrow = read_wide_int(INT64_MIN, INT64_MAX);
    if (narrow < 0) fail_at(start, "integer from 0 to " + std::to_string(max), std::to_string(narrow));
    value = static_cast<std::uint64_t>(narrow);
  }
  if (value > max) fail_at(start, "integer from 0 to " + std::to_string(max), std::to_string(value));
  return value;
}

std::string_view decoder::read_long_string() {
  std::string_view constexpr what = "string";
  if (at_ == end_) fail(what);
  std::size_t size = 0;
  switch (static_cast<unsigned char>(*at_)) {
    case 0xd9:
      ++at_;
      size = take_number<std::uint8_t>(what);
      break;
    case 0xda:
      ++at_;
      size = take_number<std::uint16_t>(what);
      break;
    case 0xdb:
      ++at_;
      size = take_number<std::uint32_t>(what);
      break;
    default:
      if (auto const* text = try_attachment(detail::attachment_tag::text))
        return {reinterpret_cast<char const*>(text->data()), text->size()};
      fail(what);
  }
  return {reinterpret_cast<char const*>(take(size, "the text of a string")), size};
}

buffer const& decoder::read_attachment() {
  std::size_t const start = offset();
  at_ += 2;
  auto const size = take_number<std::uint64_t>("the size of an attachment");
  if (attachments_read_ == attachments_.size())
    fail_at(start, "at most " + std::to_string(attachments_.size()) + " attachments", "one more");
  buffer const& found = attachments_[attachments_read_];
  if (found.size() != size)
    fail_at(start, "attachment " + std::to_string(attachments_read_) + " of " + std::to_string(size) + " bytes",
            "one of " + std::to_string(found.size()));
  ++attachments_read_;
  return found;
}

buffer decoder::take_attachment() {
  if (auto const* shared = try_attachment(detail::attachment_tag::bytes)) return *shared;
  return buffer::copy_of(read_binary());
}

std::span<std::byte const> decoder::read_binary() {
  std::string_view constexpr what = "binary";
  if (at_ == end_) fail(what);
  std::size_t size = 0;
  switch (static_cast<unsigned char>(*at_)) {
    case 0xc4:
      ++at_;
      size = take_number<std::uint8_t>(what);
      break;
    case 0xc5:
      ++at_;
      size = take_number<std::uint16_t>(what);
      break;
    case 0xc6:
      ++at_;
      size = take_number<std::uint32_t>(what);
      break;
    default:
      if (auto const* attached = try_attachment(detail::attachment_tag::bytes)) return attached->bytes();
      fail(what);
  }
  return {take(size, "the bytes of a binary"), size};
}

decoder::extension decoder::read_extension() {
  std::string_view constexpr what = "extension";
  if (at_ == end_) fail(what);
  std::size_t size = 0;
  switch (static_cast<unsigned char>(*at_)) {
    case 0xd4:
      ++at_;
      size = 1;
      break;
    case 0xd5:
      ++at_;
      size = 2;
      break;
    case 0xd6:
      ++at_;
      size = 4;
      break;
    case 0xd7:
      ++at_;
      size = 8;
      break;
    case 0xd8:
      ++at_;
      size = 16;
      break;
    case 0xc7:
      ++at_;
      size = take_number<std::uint8_t>(what);
      break;
    case 0xc8:
      ++at_;
      size = take_number<std::uint16_t>(what);
      break;
    case 0xc9:
      ++at_;
      size = take_number<std::uint32_t>(what);
      break;
    default:
      fail(what);
  }
  auto const tag = static_cast<std::int8_t>(*take(1, "the tag of an extension"));
  return {tag, {take(size, "the bytes of an extension"), size}};
}

std::size_t decoder::read_array_header() {
  std::string_view constexpr what = "array";
  if (at_ == end_) fail(what);
  switch (static_cast<unsigned char>(*at_)) {
    case 0xdc:
      ++at_;
      return checked_count(take_number<std::uint16_t>(what), 1);
    case 0xdd:
      ++at_;
      return checked_count(take_number<std::uint32_t>(what), 1);
    default:
      fail(what);
  }
}

void decoder::read_array_header_of(std::size_t count) {
  std::size_t const start = offset();
  std::size_t const found = read_array();
  if (found != count) fail_at(start, "array of " + std::to_string(count) + " items", "one of " + std::to_string(found));
}

std::size_t decoder::read_map() {
  std::string_view constexpr what = "map";
  if (at_ == end_) fail(what);
  auto const tag = static_cast<unsigned char>(*at_);
  if ((tag & 0xf0) == 0x80) {
    ++at_;
    return checked_count(tag & 0x0f, 2);
  }
  switch (tag) {
    case 0xde:
      ++at_;
      return checked_count(take_number<std::uint16_t>(what), 2);
    case 0xdf:
      ++at_;
      return checked_count(take_number<std::uint32_t>(what), 2);
    default:
      fail(what);
  }
}

}  // namespace troupe
