#pragma once

#include <troupe/net/buffer.hpp>
#include <troupe/net/link/internal/frame.hpp>

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <vector>

namespace troupe::detail {

/// How many attachments arrive where the first `joined` of `sent` are one.
[[nodiscard]] constexpr std::size_t count_joined(std::size_t sent, std::size_t joined) noexcept {
  return joined > 1 ? sent - joined + 1 : sent;
}

/// What a link sends: a run of bytes that grows at its end, is written from its middle, and is kept from the first
/// message on that the peer has not accepted, so that writing can go back there when the stream breaks.
///
/// Small things are copied one behind the other into chunks, large attachments are referred to. In the steady state
/// nothing is allocated: chunks are used again.
class outbox {
 public:
  /// Takes the next sequence number. The header tells the peer that `accepted` was accepted. The first `joined`
  /// attachments arrive as one.
  void add_message(std::uint16_t type, std::span<std::byte const> body, std::vector<buffer> attachments,
                   std::uint64_t accepted, std::size_t joined = 0);
  /// A frame of the link itself.
  void add_control(frame_type type, std::span<std::byte const> body, std::uint64_t accepted);

  /// What is to be written next, as many pieces as fit; how many there are.
  [[nodiscard]] std::size_t gather(std::span<iovec> pieces) const noexcept;
  void written(std::size_t bytes) noexcept;
  /// Grows with what is written for the first time, and with what is accepted.
  [[nodiscard]] std::uint64_t went() const noexcept { return written_ + accepted_; }
  [[nodiscard]] std::size_t unwritten() const noexcept { return end_ - written_; }

  /// The peer has accepted messages up to `sequence`; false when that one was never written.
  [[nodiscard]] bool accepted(std::uint64_t sequence);
  /// Writing starts again with message `next` on a new stream; false when it is no longer, or not yet, here.
  [[nodiscard]] bool go_back_to(std::uint64_t next);

  /// Bytes of messages that were not accepted yet.
  [[nodiscard]] std::size_t unaccepted() const noexcept { return end_ - accepted_; }
  [[nodiscard]] bool all_accepted() const noexcept { return first_unaccepted_ == next_; }

 private:
  static constexpr std::size_t chunk_size = std::size_t{64} << 10, referred_size = std::size_t{4} << 10, most_spare = 4;

  struct chunk {
    std::unique_ptr<std::byte[]> bytes = std::make_unique_for_overwrite<std::byte[]>(chunk_size);
    std::size_t used = 0;
  };
  /// A part of the run: bytes of a chunk, or an attachment.
  struct piece {
    std::byte const* data;
    std::size_t size;
    buffer attachment;
    /// A chunk that nothing behind this piece lies in.
    std::unique_ptr<chunk> last_of;
  };

  void append(std::byte const* data, std::size_t size);
  void append(frame_header const& header) { append(reinterpret_cast<std::byte const*>(&header), sizeof header); }
  /// The last piece ends where the chunk goes on.
  [[nodiscard]] bool goes_on_at(std::byte const* to) const noexcept;
  void refer_to(buffer attachment);
  void start_chunk();
  void release() noexcept;
  [[nodiscard]] std::uint64_t& end_of(std::uint64_t sequence) noexcept { return ends_[sequence & (ends_.size() - 1)]; }
  void remember_end();

  std::deque<piece> pieces_;
  std::unique_ptr<chunk> tail_;
  std::vector<std::unique_ptr<chunk>> spare_;
  /// Positions in the run: of the first piece, behind the last accepted message, of the next byte to write, of the end.
  std::uint64_t front_ = 0, accepted_ = 0, written_ = 0, end_ = 0;
  /// The piece that written_ lies in, and where.
  std::size_t writing_ = 0, writing_offset_ = 0;

  std::uint64_t first_unaccepted_ = 1, next_ = 1;
  /// Where each unaccepted message ends: a ring indexed by sequence number.
  std::vector<std::uint64_t> ends_ = std::vector<std::uint64_t>(64);
};

}  // namespace troupe::detail
