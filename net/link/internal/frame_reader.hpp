#pragma once

#include <troupe/net/buffer.hpp>
#include <troupe/net/link/internal/frame.hpp>

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace troupe::detail {

/// One frame as it came.
struct frame {
  frame_header header;
  /// Valid until the reader is asked for the next frame or for space.
  std::span<std::byte const> body;
  std::vector<buffer> attachments;
};

/// Cuts a stream of bytes into frames. It says where the next bytes are to be put, so that large attachments are
/// received where they stay; the rest goes through one chunk of memory and is read in place.
///
/// Memory grows with what arrives, not with what a header claims: but for attachments, whose memory is reserved when
/// they are next in turn and their sizes are within the limit.
class frame_reader {
 public:
  /// Attachments from this size on are received directly into their buffers.
  static constexpr std::size_t direct_size = std::size_t{64} << 10;

  /// `limit`: the largest message accepted, attachments included.
  explicit frame_reader(std::uint64_t limit) noexcept : limit_(limit) {}

  void limit_to(std::uint64_t limit) noexcept { limit_ = limit; }

  /// Where the next bytes go, in this order; never empty. Valid until the next call.
  [[nodiscard]] std::span<iovec const> space();
  /// `bytes` were put into the space.
  void filled(std::size_t bytes);
  /// The next whole frame; false when there is none yet. Throws frame_error, std::bad_alloc; then it is not asked
  /// again.
  [[nodiscard]] bool next(frame& out);

  /// The last byte that came was not the last of a frame.
  [[nodiscard]] bool in_a_frame() const noexcept { return begin_ + consumed_ != end_; }
  /// What came behind the frames that were given out: for another reader.
  [[nodiscard]] std::vector<std::byte> take_rest();
  /// Forgets what was not given out yet: another stream begins.
  void restart() noexcept;

 private:
  static constexpr std::size_t small_chunk = std::size_t{4} << 10, usual_chunk = std::size_t{256} << 10,
                               largest_kept = std::size_t{1} << 20, read_ahead = std::size_t{4} << 20;
  static constexpr std::size_t most_pieces = 16;

  void check(frame_header const& header) const;
  void check_attachments() const;
  [[nodiscard]] std::uint64_t attachment_size(std::size_t i) const noexcept;
  /// Takes what the chunk holds of the attachments; true when they are complete.
  bool collect();
  /// Adds the attachments that are received directly; true when the chunk takes what follows them.
  bool direct_space(std::size_t& count);
  void drop_consumed() noexcept;
  void make_room();
  void move_to(std::size_t capacity);

  std::uint64_t limit_;
  std::unique_ptr<std::byte[]> chunk_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
  /// Given out, from begin_ on; goes at the next call.
  std::size_t consumed_ = 0;
  /// How much is read into the chunk at once: little after large attachments, so that the next one is not copied.
  std::size_t window_ = small_chunk;
  bool window_was_full_ = false;

  /// Of the frame whose attachments are being received; its header, table and body are the first bytes of the chunk.
  bool collecting_ = false;
  frame_header header_;
  std::size_t prefix_ = 0;
  std::vector<buffer> attachments_;
  /// The attachment that the next byte belongs to, and how much of it is there.
  std::size_t current_ = 0, current_filled_ = 0;

  std::size_t direct_pieces_ = 0;
  std::array<iovec, most_pieces + 1> pieces_{};
};

}  // namespace troupe::detail
