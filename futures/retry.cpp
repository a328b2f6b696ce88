#include <troupe/futures/retry.hpp>

#include <algorithm>
#include <atomic>
#include <random>

namespace troupe {
namespace {

// splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
std::uint64_t split_mix(std::uint64_t& state) noexcept {
  std::uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

double unit_interval(std::uint64_t bits) noexcept { return static_cast<double>(bits >> 11) * 0x1p-53; }

}  // namespace

std::uint64_t retry_policy::fresh_seed() {
  static std::atomic<std::uint64_t> seeds{(std::uint64_t{std::random_device()()} << 32) ^ std::random_device()()};
  return seeds.fetch_add(0x9e3779b97f4a7c15, std::memory_order_relaxed);
}

bool retry_policy::again_after(int n, std::exception_ptr const& error) const {
  return n < attempts_ && !detail::is_cancellation(error) && (!worth_it_ || worth_it_(error));
}

retry_delays::retry_delays(retry_policy const& policy) noexcept
    : next_(static_cast<double>(policy.first_delay_.count())),
      most_(static_cast<double>(policy.max_delay_.count())),
      factor_(policy.factor_),
      jitter_(std::clamp(policy.jitter_, 0.0, 1.0)),
      random_(policy.seed_) {}

duration retry_delays::next() noexcept {
  double full = std::min(next_, most_);
  next_ = full * factor_;
  return duration(static_cast<duration::rep>(full * (1 - jitter_ * unit_interval(split_mix(random_)))));
}

}  // namespace troupe
