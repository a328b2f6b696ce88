#pragma once

#include <troupe/futures/clock.hpp>

#include <cstddef>
#include <string>

namespace troupe {

/// How far a number of futures is.
struct progress_report {
  std::size_t total = 0;
  std::size_t finished = 0;
  std::size_t failed = 0;
  std::size_t cancelled = 0;
  /// Since the watching began.
  duration elapsed{};

  [[nodiscard]] std::size_t done() const noexcept { return finished + failed + cancelled; }
  [[nodiscard]] bool complete() const noexcept { return done() == total; }
  /// Nothing to do is done.
  [[nodiscard]] int percent() const noexcept { return total == 0 ? 100 : static_cast<int>(done() * 100 / total); }
};

/// ` 45 %   45 of 100 tasks, 2 failed`
[[nodiscard]] std::string to_string(progress_report const& report);

}  // namespace troupe
