#pragma once

#include <chrono>

namespace troupe {

/// The time that waits, deadlines and measurements are stated in. Only an executor reads it: see executor::now.
using clock = std::chrono::steady_clock;
using time_point = clock::time_point;
using duration = clock::duration;

namespace detail {

/// `now + by`, or the end of time where that cannot be counted.
[[nodiscard]] constexpr time_point time_after(time_point now, duration by) noexcept {
  return by > time_point::max() - now ? time_point::max() : now + by;
}

}  // namespace detail

}  // namespace troupe
