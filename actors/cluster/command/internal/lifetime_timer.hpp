#pragma once

#include <troupe/futures/clock.hpp>

#include <ctime>

namespace troupe::detail {

/// Sends this process SIGTERM after a time, unless it goes before.
class lifetime_timer {
 public:
  /// Throws error where the system has no timer left.
  explicit lifetime_timer(duration lifetime);
  ~lifetime_timer();
  lifetime_timer(lifetime_timer const&) = delete;
  lifetime_timer& operator=(lifetime_timer const&) = delete;

 private:
  ::timer_t timer_{};
};

}  // namespace troupe::detail
