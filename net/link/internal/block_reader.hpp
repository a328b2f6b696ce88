#pragma once

#include <troupe/net/link/internal/block.hpp>

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace troupe::detail {

/// Turns the blocks of a stream back into the bytes they stand for. It says where the next bytes are to be put: what
/// lies in blocks as it is goes directly to whoever wants it, the rest through memory of one block.
class block_reader {
 public:
  /// `codecs`: features of those that may come. `begun`: what came of the stream already.
  explicit block_reader(std::uint64_t codecs, std::span<std::byte const> begun = {});

  /// Where the next bytes go, in this order, when `wanted` is what the user asked to be filled; never empty. Valid
  /// until the next call. Precondition: take has nothing to give.
  [[nodiscard]] std::span<iovec const> space(std::span<iovec const> wanted);
  /// `bytes` were put into the space; how many of them lie in what was wanted.
  [[nodiscard]] std::size_t filled(std::size_t bytes);
  /// Fills `wanted`, from its byte `offset` on, with what is here; how much. Throws frame_error for what is no block.
  [[nodiscard]] std::size_t take(std::span<iovec const> wanted, std::size_t offset);
  /// It may have something to give without another byte.
  [[nodiscard]] bool holds() const noexcept { return begin_ < end_ || unpacked_begin_ < unpacked_.size(); }
  /// From here on bytes are passed on as they come: nobody looks at them any more.
  void give_up() noexcept;

 private:
  static constexpr std::size_t window = std::size_t{4} << 10, most_pieces = 32;

  void begin_block(block_header const& header);
  /// The next block's header, or the whole of its compressed bytes, are here.
  bool advance();

  std::uint64_t codecs_;
  /// What came and was not looked at.
  std::unique_ptr<std::byte[]> in_;
  std::size_t begin_ = 0, end_ = 0, capacity_ = 0;
  /// Of the current block: bytes that lie in the stream as they are.
  std::uint64_t plain_ = 0;
  /// Or the header of one that is compressed and not here yet.
  block_header packed_;
  /// What the last compressed block stood for, and was not taken.
  std::vector<std::byte> unpacked_;
  std::size_t unpacked_begin_ = 0;

  std::size_t direct_ = 0;
  std::array<iovec, most_pieces + 1> pieces_{};
};

}  // namespace troupe::detail
