#pragma once

#include <troupe/futures/clock.hpp>

#include <cstdint>
#include <string>

namespace troupe {

/// Something that happened in a cluster, as its scheduler saw it.
struct cluster_event {
  /// Counts up by one: what is missing between two was dropped.
  std::uint64_t number = 0;
  /// On the scheduler's clock, which has its beginning somewhere.
  duration at{};
  /// Of a task: `submitted`, or the stage it came to, see task_event. Of the cluster: `worker-joined`, `worker-left`.
  std::string what;
  /// The task; "" where it is not about one.
  std::string key = {};
  /// What the task calls, without namespaces and parameters.
  std::string function = {};
  /// Who joined or left; where the task runs (`processing`) or its result lies (`memory`).
  std::string worker = {};
  /// Executions of the task so far.
  std::uint32_t attempt = 0;

  friend bool operator==(cluster_event const&, cluster_event const&) = default;
};

}  // namespace troupe
