#pragma once

#include <troupe/futures/clock.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace troupe {

/// Between which bounds, and how readily, a cluster adapts: `adapt_options{}.minimum(1).maximum(8)`. What contradicts
/// itself, or is negative, is refused by local_cluster::adapt. Of several bounds on one side the narrowest holds.
class adapt_options {
 public:
  /// Workers; 0 unless said otherwise, and then the cluster has none while it has nothing to do.
  adapt_options& minimum(std::int64_t workers) noexcept {
    minimum_ = workers;
    return *this;
  }
  /// Workers; as many as there is work for unless said otherwise.
  adapt_options& maximum(std::int64_t workers) noexcept {
    maximum_ = workers;
    return *this;
  }
  /// The same in threads of all workers: as many workers as have at least, or at most, so many.
  adapt_options& minimum_cores(std::int64_t threads) noexcept {
    minimum_cores_ = threads;
    return *this;
  }
  adapt_options& maximum_cores(std::int64_t threads) noexcept {
    maximum_cores_ = threads;
    return *this;
  }
  /// The same in bytes, of the workers' memory limits.
  adapt_options& minimum_memory(std::int64_t bytes) noexcept {
    minimum_memory_ = bytes;
    return *this;
  }
  adapt_options& maximum_memory(std::int64_t bytes) noexcept {
    maximum_memory_ = bytes;
    return *this;
  }
  /// How often the cluster looks at its work.
  adapt_options& interval(duration time) noexcept {
    interval_ = time;
    return *this;
  }
  /// How many looks in a row must find a worker superfluous before it leaves.
  adapt_options& wait_count(std::int64_t looks) noexcept {
    wait_count_ = looks;
    return *this;
  }
  /// There are as many workers as get all work done within about this time: see client.adaptive_target.
  adapt_options& target_duration(duration time) noexcept {
    target_duration_ = time;
    return *this;
  }

  [[nodiscard]] std::int64_t minimum() const noexcept { return minimum_; }
  [[nodiscard]] std::optional<std::int64_t> maximum() const noexcept { return maximum_; }
  [[nodiscard]] std::optional<std::int64_t> minimum_cores() const noexcept { return minimum_cores_; }
  [[nodiscard]] std::optional<std::int64_t> maximum_cores() const noexcept { return maximum_cores_; }
  [[nodiscard]] std::optional<std::int64_t> minimum_memory() const noexcept { return minimum_memory_; }
  [[nodiscard]] std::optional<std::int64_t> maximum_memory() const noexcept { return maximum_memory_; }
  [[nodiscard]] duration interval() const noexcept { return interval_; }
  [[nodiscard]] std::int64_t wait_count() const noexcept { return wait_count_; }
  [[nodiscard]] duration target_duration() const noexcept { return target_duration_; }

 private:
  std::int64_t minimum_ = 0;
  std::optional<std::int64_t> maximum_;
  std::optional<std::int64_t> minimum_cores_, maximum_cores_;
  std::optional<std::int64_t> minimum_memory_, maximum_memory_;
  duration interval_ = std::chrono::seconds(1);
  std::int64_t wait_count_ = 3;
  duration target_duration_ = std::chrono::seconds(5);
};

}  // namespace troupe
