#include <troupe/net/link/internal/compression_choice.hpp>

#include <algorithm>

namespace troupe::detail {
namespace {

constexpr auto measured_for = std::chrono::milliseconds(10);

double mixed(double before, double now) noexcept { return 0.7 * before + 0.3 * now; }

double seconds(duration d) noexcept { return std::chrono::duration<double>(d).count(); }

}  // namespace

block_codec compression_choice::next(std::size_t size) const noexcept {
  if (size < smallest || to_skip_ > 0) return block_codec::none;
  if (told_) return has(lz4_feature) ? block_codec::lz4 : block_codec::zstd;
  if (rate_ == 0) return block_codec::none;
  auto best = block_codec::none;
  auto least = 1 / rate_;
  if (has(lz4_feature) && cost(lz4_) < least) {
    best = block_codec::lz4;
    least = cost(lz4_);
  }
  if (has(zstd_feature) && cost(zstd_) < least) best = block_codec::zstd;
  return best;
}

void compression_choice::compressed(block_codec codec, std::size_t size, std::size_t stored, duration took) noexcept {
  if (stored == 0) {
    to_skip_ = skip_;
    skip_ = std::min(skip_ * 2, longest_skip);
    return;
  }
  skip_ = first_skip;
  auto& known = codec == block_codec::lz4 ? lz4_ : zstd_;
  known.ratio = mixed(known.ratio, double(stored) / double(size));
  if (took > duration::zero()) known.bytes_per_second = mixed(known.bytes_per_second, double(size) / seconds(took));
}

void compression_choice::sent(std::size_t bytes, bool blocked, time_point now) noexcept {
  if (!blocked_) {
    unhindered_ = blocked ? 0 : unhindered_ + bytes;
    // It has become faster than what is there to be sent.
    if (unhindered_ > fast_after) rate_ = 0;
    blocked_ = blocked;
    since_ = now;
    measured_ = 0;
    return;
  }
  measured_ += bytes;
  blocked_ = blocked;
  if (measured_ < least_measured || now - since_ < measured_for) return;
  auto rate = double(measured_) / seconds(now - since_);
  rate_ = rate_ == 0 ? rate : mixed(rate_, rate);
  since_ = now;
  measured_ = 0;
}

}  // namespace troupe::detail
