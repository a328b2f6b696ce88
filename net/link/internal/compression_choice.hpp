#pragma once

#include <troupe/futures/clock.hpp>
#include <troupe/net/link/compression.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace troupe::detail {

/// Decides for each block whether, and how, it is compressed, by what earlier ones gained and took and by how fast the
/// link turned out to be. A link that never had to wait is not compressed at all.
class compression_choice {
 public:
  /// `codecs`: features both sides have. `told`: to compress whatever shrinks, however fast the link is.
  compression_choice(std::uint64_t codecs, bool told) noexcept : codecs_(codecs), told_(told) {}

  /// For the next block, of `size` bytes.
  [[nodiscard]] block_codec next(std::size_t size) const noexcept;
  /// A block of `size` bytes was compressed to `stored`; 0: it would not shrink enough.
  void compressed(block_codec codec, std::size_t size, std::size_t stored, duration took) noexcept;
  /// Bytes went as they are without a try.
  void passed(std::size_t bytes) noexcept { to_skip_ -= bytes < to_skip_ ? bytes : to_skip_; }
  /// `bytes` went out; `blocked`: the stream took no more for now.
  void sent(std::size_t bytes, bool blocked, time_point now) noexcept;

  /// In bytes per second; 0 while it is not known, which means fast.
  [[nodiscard]] double link_speed() const noexcept { return rate_; }

 private:
  static constexpr std::size_t smallest = 512;
  static constexpr std::size_t first_skip = std::size_t{1} << 20, longest_skip = std::size_t{64} << 20;
  static constexpr std::size_t fast_after = std::size_t{8} << 20;
  static constexpr std::size_t least_measured = std::size_t{64} << 10;

  struct experience {
    double bytes_per_second;
    double ratio;
  };
  /// Seconds for a byte.
  [[nodiscard]] double cost(experience const& with) const noexcept {
    return 1 / with.bytes_per_second + with.ratio / rate_;
  }
  [[nodiscard]] bool has(std::uint64_t feature) const noexcept { return (codecs_ & feature) != 0; }

  std::uint64_t codecs_;
  bool told_;
  // Those with which it begins are cautious guesses.
  experience lz4_{400e6, 0.55}, zstd_{150e6, 0.4};
  /// After what would not shrink, so much is sent without another try.
  std::size_t to_skip_ = 0, skip_ = first_skip;

  double rate_ = 0;
  bool blocked_ = false;
  time_point since_{};
  std::size_t measured_ = 0, unhindered_ = 0;
};

}  // namespace troupe::detail
