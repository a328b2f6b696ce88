#pragma once

#include <troupe/futures/clock.hpp>

#include <csignal>

namespace troupe::detail {

/// Lets one thread wait for SIGINT, SIGTERM or for being told. To be made before other threads start: the signals are
/// blocked in this thread and those it starts, until this goes.
class stop_signals {
 public:
  stop_signals();
  ~stop_signals();
  stop_signals(stop_signals const&) = delete;
  stop_signals& operator=(stop_signals const&) = delete;

  /// The signal that came, or 0 when it was told.
  [[nodiscard]] int wait();
  /// Whether a signal comes, or it is told, within so long; what came is still there for wait.
  [[nodiscard]] bool comes_within(duration time);
  /// Any thread.
  void tell() noexcept;

 private:
  sigset_t before_{};
  int signals_ = -1;
  int told_ = -1;
};

}  // namespace troupe::detail
