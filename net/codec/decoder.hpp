#pragma once

#include <troupe/net/buffer.hpp>
#include <troupe/net/codec/attachment.hpp>
#include <troupe/net/codec/byteswap.hpp>
#include <troupe/net/packet.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace troupe {

/// Pulls typed msgpack items from bytes that it does not own, and from the attachments beside them; strings and
/// binaries are views into either.
/// Bytes that are not what is asked for throw codec_error, which names the offset, what was expected and what was
/// found; the decoder is then of no more use. Trusts nothing: a length beyond the end is refused when it is read, so
/// memory is only allocated for what is there, and each attachment is read once, in order. Not thread-safe; movable,
/// and a copy reads on from the same place.
class decoder {
 public:
  struct extension {
    std::int8_t tag;
    std::span<std::byte const> bytes;
  };

  /// The attachments, too, outlive the decoder.
  explicit decoder(std::span<std::byte const> bytes, std::span<buffer const> attachments = {}) noexcept
      : begin_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()), attachments_(attachments) {}
  explicit decoder(packet const& from) noexcept : decoder(from.head.bytes(), from.attachments) {}

  void read_nil();
  /// Reads a nil if it is the next item.
  [[nodiscard]] bool try_nil() noexcept {
    if (at_ == end_ || *at_ != std::byte{0xc0}) return false;
    ++at_;
    return true;
  }
  [[nodiscard]] bool read_bool();
  [[nodiscard]] std::int64_t read_int(std::int64_t min = INT64_MIN, std::int64_t max = INT64_MAX) {
    if (at_ != end_) {
      auto const small = static_cast<std::int8_t>(*at_);
      if (small >= -32 && small >= min && small <= max) {
        ++at_;
        return small;
      }
    }
    return read_wide_int(min, max);
  }
  [[nodiscard]] std::uint64_t read_uint(std::uint64_t max = UINT64_MAX) {
    if (at_ != end_) {
      auto const small = static_cast<std::uint8_t>(*at_);
      if (small < 0x80 && small <= max) {
        ++at_;
        return small;
      }
    }
    return read_wide_uint(max);
  }
  [[nodiscard]] float read_float() { return std::bit_cast<float>(read_tagged<std::uint32_t>(0xca, "float32")); }
  /// A float32 is accepted too.
  [[nodiscard]] double read_double() {
    if (at_ != end_ && *at_ == std::byte{0xca}) return read_float();
    return std::bit_cast<double>(read_tagged<std::uint64_t>(0xcb, "float64"));
  }
  [[nodiscard]] std::string_view read_string() {
    if (at_ == end_ || (static_cast<unsigned char>(*at_) & 0xe0) != 0xa0) return read_long_string();
    std::size_t const size = static_cast<unsigned char>(*at_++) & 0x1f;
    return {reinterpret_cast<char const*>(take(size, "the text of a string")), size};
  }
  [[nodiscard]] std::span<std::byte const> read_binary();
  /// What encoder::attach wrote: shared where it is attached, else a copy.
  [[nodiscard]] buffer take_attachment();
  [[nodiscard]] extension read_extension();
  /// The header of an array: that many items follow, at most as many as bytes remain.
  [[nodiscard]] std::size_t read_array() {
    if (at_ != end_ && (static_cast<unsigned char>(*at_) & 0xf0) == 0x90)
      return checked_count(static_cast<unsigned char>(*at_++) & 0x0f, 1);
    return read_array_header();
  }
  /// The header of an array of exactly `count` items.
  void read_array_of(std::size_t count) {
    if (count < 16 && at_ != end_ && static_cast<unsigned char>(*at_) == (0x90 | count))
      ++at_;
    else
      read_array_header_of(count);
  }
  /// The header of a map: that many pairs of items follow.
  [[nodiscard]] std::size_t read_map();

  [[nodiscard]] std::size_t offset() const noexcept { return static_cast<std::size_t>(at_ - begin_); }
  [[nodiscard]] std::size_t remaining() const noexcept { return static_cast<std::size_t>(end_ - at_); }
  /// Throws codec_error unless all bytes and attachments have been read.
  void expect_end() const;

  /// For hooks: throws codec_error that says what was expected and what is at the read position.
  [[noreturn]] void fail(std::string_view expected) const;
  /// The same for an item that was read, from `offset` on, and has the wrong content.
  [[noreturn]] void fail_at(std::size_t offset, std::string_view expected, std::string_view found) const;

  /// Levels of structs inside structs; more than encoder::max_depth throw.
  void enter();
  void leave() noexcept { --depth_; }

  /// For what decodes values: the next item, when it is an attachment of such elements; else null, and nothing is read.
  [[nodiscard]] buffer const* try_attachment(detail::attachment_tag tag) {
    bool const next = remaining() >= 2 && at_[0] == std::byte{0xd7} && at_[1] == static_cast<std::byte>(tag);
    return next ? &read_attachment() : nullptr;
  }
  /// Whether the next item is an extension with this tag and of `size` bytes: 1, 2, 4, 8 or 16.
  [[nodiscard]] bool at_extension(std::int8_t tag, std::size_t size) const noexcept {
    return remaining() >= 2 && at_[1] == static_cast<std::byte>(tag) &&
           static_cast<int>(at_[0]) == 0xd4 + std::countr_zero(size);
  }
  [[nodiscard]] bool at_array() const noexcept {
    if (at_ == end_) return false;
    auto const tag = static_cast<unsigned char>(*at_);
    return (tag & 0xf0) == 0x90 || tag == 0xdc || tag == 0xdd;
  }

 private:
  buffer const& read_attachment();
  [[nodiscard]] std::int64_t read_wide_int(std::int64_t min, std::int64_t max);
  [[nodiscard]] std::uint64_t read_wide_uint(std::uint64_t max);
  [[nodiscard]] std::string_view read_long_string();
  [[nodiscard]] std::size_t read_array_header();
  void read_array_header_of(std::size_t count);
  [[nodiscard]] std::size_t checked_count(std::size_t count, std::size_t items_each) const {
    if (count > remaining() / items_each) fail_count(count);
    return count;
  }
  [[noreturn]] void fail_count(std::size_t count) const;
  [[noreturn]] void fail_truncated(std::size_t needed, std::string_view expected) const;

  std::byte const* take(std::size_t size, std::string_view what) {
    if (size > remaining()) fail_truncated(size, what);
    return (at_ += size) - size;
  }
  /// A big-endian number of which the tag has been read.
  template <class Unsigned>
  Unsigned take_number(std::string_view what) {
    std::byte const* bytes = take(sizeof(Unsigned), what);
    Unsigned value;
    std::memcpy(&value, bytes, sizeof value);
    return detail::byteswap(value);
  }
  template <class Unsigned>
  Unsigned read_tagged(unsigned char tag, std::string_view what) {
    if (at_ == end_ || *at_ != static_cast<std::byte>(tag)) fail(what);
    ++at_;
    return take_number<Unsigned>(what);
  }

  std::byte const* begin_;
  std::byte const* at_;
  std::byte const* end_;
  unsigned depth_ = 0;
  std::span<buffer const> attachments_;
  std::size_t attachments_read_ = 0;
};

}  // namespace troupe
