#pragma once

#include <troupe/futures/clock.hpp>

#include <cstdint>
#include <string>

namespace troupe {

/// Something that happened to a task.
struct task_event {
  /// Since the first of its events that is remembered.
  duration after{};
  /// `submitted`, or the stage that it came to: `queued` (for a worker), `processing` (given to one), `memory` (done),
  /// `erred`, `cancelled`, `released` (done, the result freed), `waiting` (again, as after it was submitted, for what
  /// it depends on).
  std::string what;
  /// Where, for `processing` and `memory`.
  std::string worker;
  /// Executions so far.
  std::uint32_t attempt = 0;

  friend bool operator==(task_event const&, task_event const&) = default;
};

}  // namespace troupe
