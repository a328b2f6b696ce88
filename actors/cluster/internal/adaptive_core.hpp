#pragma once

#include <troupe/actors/cluster/adapt_options.hpp>
#include <troupe/futures/clock.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace troupe::detail {

/// What adapt_options come to for workers of one shape.
struct adaptive_limits {
  std::uint32_t minimum = 0;
  std::uint32_t maximum = UINT32_MAX;
  std::uint32_t wait_count = 3;
  duration interval = std::chrono::seconds(1);
  duration target_duration = std::chrono::seconds(5);
};

/// `threads` and `memory` (bytes, 0: no limit) are those of one worker. Throws error that names the options which are
/// impossible, or contradict each other.
[[nodiscard]] adaptive_limits limits_of(adapt_options const& options, std::uint32_t threads, std::uint64_t memory);

/// A cluster as it is when it looks at its work.
struct adaptive_sample {
  /// Workers that were started and were not asked to leave, the youngest last.
  struct worker {
    std::string name;
    /// It takes part; else it is on its way, for the first time or again.
    bool arrived = true;
  };
  std::vector<worker> workers;
  // What the scheduler says: see worker_plan.
  std::uint32_t target = 0;
  std::vector<std::string> leaving;
  std::uint32_t spare = 0;
};

struct adaptive_advice {
  std::uint32_t start = 0;
  std::vector<std::string> close;

  friend bool operator==(adaptive_advice const&, adaptive_advice const&) = default;
};

/// Decides when workers are started and who leaves: up at once, down when a worker was found superfluous at so many
/// looks in a row. Those that have not arrived go first, then those that the scheduler can spare, in its order; others
/// only where there are more than the maximum. No clock in it: equal looks give equal advice.
class adaptive_core {
 public:
  explicit adaptive_core(adaptive_limits limits) : limits_(limits) {}

  [[nodiscard]] adaptive_limits const& limits() const noexcept { return limits_; }
  /// When the next look is wanted; one before that changes nothing and advises nothing.
  [[nodiscard]] time_point due() const noexcept { return due_; }
  [[nodiscard]] adaptive_advice look(time_point now, adaptive_sample const& seen);

 private:
  [[nodiscard]] std::vector<std::string> superfluous(adaptive_sample const& seen, std::uint32_t target) const;

  adaptive_limits limits_;
  time_point due_ = time_point::min();
  /// At how many looks in a row each was superfluous.
  std::map<std::string, std::uint32_t> counts_;
};

}  // namespace troupe::detail
