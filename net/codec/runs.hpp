#pragma once

#include <troupe/net/codec/attachment.hpp>
#include <troupe/net/codec/decoder.hpp>
#include <troupe/net/codec/encoder.hpp>
#include <troupe/net/codec/kinds.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

/// Contiguous numbers (vector, array) travel as they lie in memory, little-endian: elements of one byte as a msgpack
/// binary, wider ones as an extension whose tag names the element, vector<bool> as one whose first byte is the number
/// of unused bits at the end of the last byte (bit 0 of a byte is its first element). Large ones may be attachments.
namespace troupe::detail {

template <run_element T>
consteval run_tag find_run_tag() {
  if constexpr (std::is_floating_point_v<T>)
    return sizeof(T) == 4 ? run_tag::f32 : run_tag::f64;
  else if constexpr (std::is_signed_v<T>)
    return sizeof(T) == 2 ? run_tag::i16 : sizeof(T) == 4 ? run_tag::i32 : run_tag::i64;
  else
    return sizeof(T) == 2 ? run_tag::u16 : sizeof(T) == 4 ? run_tag::u32 : run_tag::u64;
}

void write_run(encoder& out, run_tag tag, std::span<std::byte const> bytes);
void write_bytes(encoder& out, std::span<std::byte const> bytes);
/// The bytes of a run, in the message or attached; their number is a multiple of `width`. Throws codec_error for
/// another tag.
[[nodiscard]] std::span<std::byte const> read_run(decoder& in, run_tag tag, std::size_t width);

template <run_element T>
void encode_run(encoder& out, std::span<T const> elements) {
  if constexpr (sizeof(T) == 1)
    write_bytes(out, std::as_bytes(elements));
  else
    write_run(out, find_run_tag<T>(), std::as_bytes(elements));
}

template <run_element T>
[[nodiscard]] std::span<std::byte const> decode_run(decoder& in) {
  if constexpr (sizeof(T) == 1)
    return in.read_binary();
  else
    return read_run(in, find_run_tag<T>(), sizeof(T));
}

template <class T>
[[nodiscard]] bool is_aligned_for(std::span<std::byte const> bytes) noexcept {
  return reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(T) == 0;
}

/// Bits are packed by the caller: `bytes` holds the count of unused bits, then the bits.
struct bit_run {
  std::size_t count;
  std::span<std::byte const> bytes;
  [[nodiscard]] bool operator[](std::size_t i) const noexcept {
    return (bytes[i / 8] >> (i % 8) & std::byte{1}) != std::byte{0};
  }
};
[[nodiscard]] bit_run read_bits(decoder& in);

}  // namespace troupe::detail
