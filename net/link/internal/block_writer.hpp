#pragma once

#include <troupe/net/link/internal/block.hpp>
#include <troupe/net/link/internal/compression_choice.hpp>
#include <troupe/net/link/internal/stream.hpp>

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace troupe::detail {

/// Writes bytes to a stream as blocks, some of them compressed. Bytes that are not are referred to, never copied.
class block_writer {
 public:
  block_writer(std::uint64_t codecs, bool told) noexcept : choice_(codecs, told) {}

  /// As stream::write: what was not taken is offered again, with the same bytes first.
  [[nodiscard]] std::size_t write(stream& to, std::span<iovec const> pieces, time_point now);

 private:
  static constexpr std::size_t longest_plain = std::size_t{4} << 20, sample_size = std::size_t{8} << 10;

  /// Where in what is offered one is.
  class cursor {
   public:
    explicit cursor(std::span<iovec const> pieces) noexcept;
    [[nodiscard]] std::size_t rest() const noexcept { return rest_; }
    [[nodiscard]] std::size_t passed() const noexcept { return passed_; }
    void skip(std::size_t bytes) noexcept;
    /// The next bytes in one run, put together in `scratch` where they are not.
    [[nodiscard]] std::span<std::byte const> run(std::size_t bytes, std::vector<std::byte>& scratch) const;
    /// The next `bytes` as pieces, as many as fit.
    [[nodiscard]] std::size_t list(std::size_t bytes, std::span<iovec> to) const noexcept;

   private:
    std::span<iovec const> pieces_;
    std::size_t offset_ = 0, rest_ = 0, passed_ = 0;
  };

  void begin_block(cursor const& at);
  /// The size it shrank to; 0 where it did not, enough.
  [[nodiscard]] std::size_t pack(block_codec codec, std::span<std::byte const> bytes);
  void went_out(std::size_t bytes, cursor& at);

  compression_choice choice_;
  /// Of the block being written: its header, with what it was compressed to, how much of that is out, and how many of
  /// the bytes that were offered it stands for.
  std::vector<std::byte> packed_;
  std::size_t packed_out_ = 0, stands_for_ = 0;
  /// And bytes that follow as they are.
  std::size_t plain_ = 0;
  std::vector<std::byte> scratch_;
};

}  // namespace troupe::detail
