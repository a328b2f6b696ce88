#pragma once

#include <cstddef>
#include <cstdint>

/// How an attachment stands in the msgpack: an extension of 8 bytes, the size of the attachment (big-endian), with a
/// tag that names its elements. The k-th such item of a message is its k-th attachment, so encoded items can be put one
/// after the other with their attachments.
namespace troupe::detail {

/// The elements of runs that travel as they lie in memory, little-endian.
enum class run_tag : std::int8_t { u16 = 1, u32, u64, i16, i32, i64, f32, f64, bits };

enum class attachment_tag : std::int8_t { bytes = 16, text = 32 };

/// 17 … 24
[[nodiscard]] constexpr attachment_tag attachment_of(run_tag tag) noexcept {
  return static_cast<attachment_tag>(static_cast<std::int8_t>(attachment_tag::bytes) + static_cast<std::int8_t>(tag));
}

/// The other way round. Precondition: neither bytes nor text.
[[nodiscard]] constexpr run_tag run_of(attachment_tag tag) noexcept {
  return static_cast<run_tag>(static_cast<std::int8_t>(tag) - static_cast<std::int8_t>(attachment_tag::bytes));
}

/// Where a future was among the arguments of a call: 4 bytes, the number of the input (big-endian).
inline constexpr std::int8_t slot_tag = 48;
/// Before the value of an optional among such arguments; 1 byte, zero.
inline constexpr std::int8_t engaged_tag = 49;

}  // namespace troupe::detail
