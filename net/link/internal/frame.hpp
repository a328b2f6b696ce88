#pragma once

#include <troupe/futures/errors.hpp>
#include <troupe/net/codec/byteswap.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace troupe::detail {

/// What every frame begins with, in this layout, little-endian. A table of the attachments' sizes follows (one
/// u64 each), then the body, then the attachments; nothing is padded.
struct frame_header {
  /// "TRP" and the version of this layout.
  static constexpr std::uint32_t magic_value = 0x01505254;

  std::uint32_t magic = magic_value;
  std::uint16_t type = 0;
  /// None is known yet; a frame with an unknown one is malformed.
  std::uint16_t flags = 0;
  std::uint32_t body = 0;
  std::uint32_t attachments = 0;
  /// Of messages, from 1, without gaps; 0 in frames of the link itself.
  std::uint64_t sequence = 0;
  /// The highest sequence number that the sender of this frame has accepted from its peer.
  std::uint64_t accepted = 0;
};
static_assert(sizeof(frame_header) == 32);

/// Types of frames that are the link's own; those below are messages.
enum frame_type : std::uint16_t {
  first_control_type = 0x8000,
  hello_frame = 0x8000,
  reject_frame = 0x8001,  ///< body: why
  ping_frame = 0x8002,
  pong_frame = 0x8003,
  accepted_frame = 0x8004,  ///< only says what was accepted
  close_frame = 0x8005      ///< body: why
};

/// More attachments than this a message cannot have.
inline constexpr std::uint32_t most_attachments = 1U << 20;
/// Larger than this no body can be.
inline constexpr std::uint64_t largest_body = 0xffffffff;
/// Of the body of a hello or reject frame.
inline constexpr std::uint64_t hello_limit = 8192;
/// A peer that accepts no larger messages than this cannot be told what was wrong.
inline constexpr std::uint64_t least_message_limit = 4096;
/// What a close frame says at most.
inline constexpr std::size_t longest_reason = 4096;

/// What came is not a frame, or not one that may come now; the text is for people.
class frame_error : public error {
 public:
  using error::error;
};

template <class T>
[[nodiscard]] T load(std::byte const* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

}  // namespace troupe::detail
