#pragma once

#include "measure.hpp"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace troupe::bench {

/// What a process cost so far.
struct process_costs {
  /// User and system time of all its threads, ended ones included.
  double cpu_seconds = 0;
  /// How often one of its living threads went to sleep.
  double sleeps = 0;
};

/// Measures several processes from its construction on, but for pauses.
class process_meter {
 public:
  /// Their names in the output, and their ids.
  explicit process_meter(std::vector<std::pair<std::string, pid_t>> processes);

  void pause();
  void resume();
  /// Ends the measurement. Adds to `s`, per operation, what all cost together, and `cpu_us_NAME` and `sleeps_NAME` of
  /// each.
  void add_costs(sample& s, std::size_t operations);

 private:
  std::vector<std::pair<std::string, pid_t>> processes_;
  bool running_ = true;
  std::vector<process_costs> before_;
  std::vector<process_costs> spent_;
};

/// Bytes that went over the loopback interface since the machine started, whoever sent them: at least what a figure
/// has moved.
[[nodiscard]] std::uint64_t loopback_bytes();

}  // namespace troupe::bench
