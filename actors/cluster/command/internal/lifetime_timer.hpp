#pragma once

#include <troupe/futures/clock.hpp>

#include <ctime>

namespace troupe::detail {

/// Tells this process that its lifetime is over (the signal lifetime_over) after a time, and sends it SIGTERM where it
/// has not closed `patience` later; unless this goes before.
class lifetime_timer {
 public:
  /// Throws error where the system has no timers left.
  lifetime_timer(duration lifetime, duration patience);
  lifetime_timer(lifetime_timer const&) = delete;
  lifetime_timer& operator=(lifetime_timer const&) = delete;

 private:
  class timer {
   public:
    timer(duration after, int signal);
    ~timer();
    timer(timer const&) = delete;
    timer& operator=(timer const&) = delete;

   private:
    ::timer_t timer_{};
  };

  timer over_, close_;
};

}  // namespace troupe::detail
