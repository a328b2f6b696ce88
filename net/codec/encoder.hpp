#pragma once

#include <troupe/futures/intrusive_ptr.hpp>
#include <troupe/net/buffer.hpp>
#include <troupe/net/codec/attachment.hpp>
#include <troupe/net/codec/byteswap.hpp>
#include <troupe/net/packet.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace troupe {

/// Appends msgpack items to a buffer of its own, and collects beside them the large runs of bytes that need not be
/// copied: attachments, each of which stands in the msgpack as an extension item. Items are always written in their
/// shortest form.
///
/// Not thread-safe; movable. Throws codec_error for strings, runs and containers of 2^32 and more elements (bytes for
/// strings and runs) that are not attached, std::bad_alloc. After an exception it is of no more use until clear().
class encoder {
 public:
  /// Runs of at least so many bytes are attached, where they can be shared.
  static constexpr std::size_t attachment_threshold = std::size_t{64} << 10;
  /// Smaller ones, down to so many bytes, are referred to after refer_to_runs().
  static constexpr std::size_t reference_threshold = std::size_t{4} << 10;

  /// What was written, without being put together: bytes that lie one behind the other for who reads them.
  struct pieces {
    std::vector<buffer> head;
    std::vector<buffer> attachments;
  };

  encoder() = default;
  explicit encoder(std::size_t capacity);
  encoder(encoder&& other) noexcept;
  encoder& operator=(encoder&& other) noexcept;
  ~encoder();

  void write_nil() { put_byte(0xc0); }
  void write_bool(bool value) { put_byte(value ? 0xc3 : 0xc2); }
  void write_int(std::int64_t value) {
    if (value >= 0)
      write_uint(static_cast<std::uint64_t>(value));
    else if (value >= -32)
      put_byte(static_cast<unsigned char>(value));
    else
      write_negative(value);
  }
  void write_uint(std::uint64_t value) {
    if (value < 0x80)
      put_byte(static_cast<unsigned char>(value));
    else
      write_large(value);
  }
  void write_float(float value) { put_tagged(0xca, std::bit_cast<std::uint32_t>(value)); }
  void write_double(double value) { put_tagged(0xcb, std::bit_cast<std::uint64_t>(value)); }
  void write_string(std::string_view text) {
    if (text.size() < 32)
      put_byte(static_cast<unsigned char>(0xa0 | text.size()));
    else
      write_string_header(text.size());
    put(text.data(), text.size());
  }
  void write_binary(std::span<std::byte const> bytes);
  /// An application's own type; tags from 0 to 127 are free, msgpack keeps the negative ones.
  void write_extension(std::int8_t tag, std::span<std::byte const> bytes);
  /// The header alone: `count` items follow, twice as many for a map.
  void write_array(std::size_t count) {
    if (count < 16)
      put_byte(static_cast<unsigned char>(0x90 | count));
    else
      write_array_header(count);
  }
  void write_map(std::size_t count) {
    if (count < 16)
      put_byte(static_cast<unsigned char>(0x80 | count));
    else
      write_map_header(count);
  }

  /// From now on the memory of what is encoded is not copied where it is large, but attached: `owner` keeps the encoded
  /// values alive, and nobody changes them. Null ends it.
  void share(std::shared_ptr<void const> owner) noexcept;
  /// The same for values in an object that counts its references; it outlives the encoding.
  void share_counted(detail::ref_counted const& owner) noexcept;
  /// From now on runs that are too small to be attached are not copied either, down to reference_threshold and where
  /// they can be shared: they stay where they are, and take_pieces() alone gives out what was written.
  void refer_to_runs();
  /// Puts bytes beside the msgpack, without copying them; small ones are copied into it as a binary. The decoder's
  /// take_attachment() reads either.
  void attach(buffer const& bytes);
  /// In a hook: who keeps the value alive that is being encoded, so that parts of it can be attached as
  /// `buffer(out.owner(), bytes)`; null where nobody does.
  [[nodiscard]] std::shared_ptr<void const> owner() const;
  [[nodiscard]] std::vector<buffer> const& attachments() const noexcept { return attachments_; }
  /// Items that were written before, with their attachments.
  void write_encoded(packet const& items);
  /// Everything so far, copied only where it is little; nothing is left, and sharing goes on.
  [[nodiscard]] packet take_packet();
  /// The same where runs are referred to, which goes on, too.
  [[nodiscard]] pieces take_pieces();

  /// What was written, without the attachments; valid until the next write. Precondition: no run was referred to.
  [[nodiscard]] std::span<std::byte const> bytes() const noexcept { return {begin_, used()}; }
  [[nodiscard]] std::size_t size() const noexcept { return used() + (referred_ ? referred_->bytes : 0); }
  /// Forgets what was written and keeps the memory.
  void clear() noexcept;

  /// Levels of structs inside structs: the sender refuses what a receiver would.
  static constexpr unsigned max_depth = 512;
  void enter() {
    if (++depth_ > max_depth) throw_too_deep();
  }
  void leave() noexcept { --depth_; }

  /// For what encodes values: attaches a large run of an element type, or refers to it; or answers false.
  [[nodiscard]] bool attach_part(detail::attachment_tag tag, std::span<std::byte const> bytes) {
    return bytes.size() >= reference_threshold && sharing_ == sharing::on && attach_shared(tag, bytes);
  }
  /// While a hook runs, what it encodes may be temporary: only owner() says that its value is shared.
  enum class sharing : std::uint8_t { off, hook, on };
  [[nodiscard]] sharing enter_hook() noexcept {
    auto const before = sharing_;
    sharing_ = before == sharing::on ? sharing::hook : sharing::off;
    return before;
  }
  void leave_hook(sharing before) noexcept { sharing_ = before; }

 private:
  /// A run of bytes that lies elsewhere, and how much of begin_ is in front of it.
  struct reference {
    std::size_t at;
    buffer bytes;
  };
  struct references {
    std::vector<reference> list;
    std::size_t bytes = 0;
  };

  [[nodiscard]] std::size_t used() const noexcept { return static_cast<std::size_t>(end_ - begin_); }
  bool attach_shared(detail::attachment_tag tag, std::span<std::byte const> bytes);
  void put_attachment(detail::attachment_tag tag, buffer bytes);
  [[nodiscard]] bool refers_to(std::size_t bytes) const noexcept { return referred_ && bytes >= reference_threshold; }
  void refer_to(buffer bytes);
  void grow(std::size_t more);
  [[noreturn]] static void throw_too_deep();
  void write_negative(std::int64_t value);
  void write_large(std::uint64_t value);
  void write_string_header(std::size_t size);
  void write_array_header(std::size_t count);
  void write_map_header(std::size_t count);
  void write_binary_header(std::size_t size);
  void write_extension_header(std::int8_t tag, std::size_t size);
  void put_size(unsigned char tag8, unsigned char tag16, unsigned char tag32, std::size_t size);

  void reserve(std::size_t more) {
    if (static_cast<std::size_t>(limit_ - end_) < more) grow(more);
  }
  void put_byte(unsigned char byte) {
    reserve(1);
    *end_++ = static_cast<std::byte>(byte);
  }
  void put(void const* bytes, std::size_t size) {
    if (size == 0) return;
    reserve(size);
    std::memcpy(end_, bytes, size);
    end_ += size;
  }
  template <class Unsigned>
  void put_tagged(unsigned char tag, Unsigned value) {
    reserve(1 + sizeof value);
    *end_++ = static_cast<std::byte>(tag);
    value = detail::byteswap(value);
    std::memcpy(end_, &value, sizeof value);
    end_ += sizeof value;
  }

  std::byte* begin_ = nullptr;
  std::byte* end_ = nullptr;
  std::byte* limit_ = nullptr;
  unsigned depth_ = 0;
  sharing sharing_ = sharing::off;
  // Either, or none.
  detail::ref_counted const* counted_owner_ = nullptr;
  mutable std::shared_ptr<void const> owner_;
  std::vector<buffer> attachments_;
  /// Null where runs are copied.
  std::unique_ptr<references> referred_;
};

}  // namespace troupe
