#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::bench {

/// What one run of one side gave. `value` and `p99` are in the figure's unit, the others per operation.
struct sample {
  double value = 0;
  std::optional<double> p99;
  /// CPU time of all processes of the side, µs.
  std::optional<double> cpu_us;
  /// How often a thread of them went to sleep.
  std::optional<double> sleeps;
  /// More of the side's own, by name; the same in each of its runs.
  std::vector<std::pair<std::string, double>> more = {};
};

/// One side of a figure: Troupe (`against` is empty), a peer or a limit.
struct contender {
  std::string against;
  /// Measures once and checks its result: throws when that is wrong.
  std::function<sample()> run;
};

/// A measurement with a name. Its contenders run by turns, so that all see the same weather on a shared machine.
struct figure {
  std::string name;
  std::string unit;
  std::string what;
  std::size_t repeats;
  std::function<std::vector<contender>()> contenders;
  /// A rate: Troupe's row says which share of the first limit's it is.
  bool is_share = false;
  /// dask/driver.py can do its work.
  bool has_dask_twin = false;
};

/// Runs all sides by turns and prints a JSON line for each: the median, least and largest of the runs' values. For
/// latencies a run's value is its p50, and p99 is the median of the runs' p99.
void measure(figure const& f);

/// Throws error unless `right`.
void require(bool right, char const* what);

/// p50 and p99, and p90 and p99.9 as two more, of operations whose times were taken one by one.
[[nodiscard]] sample latencies(std::vector<double> times);

/// Measures from its construction on.
class meter {
 public:
  meter();

  /// Wall time per operation, and what else the process spent on it. `unit_seconds`: 1e-6 for µs.
  [[nodiscard]] sample per(std::size_t operations, double unit_seconds) const;
  /// The same for operations whose times were taken one by one, in µs.
  [[nodiscard]] sample of_latencies(std::vector<double> us) const;
  /// What the process spent on them alone.
  void add_costs(sample& s, std::size_t operations) const;

 private:
  std::chrono::steady_clock::time_point begin_;
  double cpu_;
  long sleeps_;
};

inline constexpr double ms = 1e-3;
inline constexpr double us = 1e-6;
inline constexpr double ns = 1e-9;

[[nodiscard]] inline double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace troupe::bench
