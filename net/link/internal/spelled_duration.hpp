#pragma once

#include <troupe/futures/clock.hpp>

#include <string>

namespace troupe::detail {

/// "5 s", "250 ms": for messages to people.
[[nodiscard]] inline std::string spelled_duration(duration d) {
  auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

}  // namespace troupe::detail
