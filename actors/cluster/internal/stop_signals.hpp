#pragma once

#include <troupe/futures/clock.hpp>

#include <csignal>
#include <thread>

namespace troupe::detail {

/// Tells a worker process that its lifetime is over: it is to hand over what it holds, and to leave.
inline constexpr int lifetime_over = SIGUSR1;

/// Counts SIGINT and SIGTERM that this process has taken, whoever does; gives how many with this one. Any thread.
int count_stop_signal() noexcept;

/// Ends the process with the status of one that this signal has ended: nothing is waited for, nothing destroyed.
[[noreturn]] void exit_now(int signal) noexcept;

/// Lets one thread wait for SIGINT, SIGTERM, one signal more, or for being told. To be made before other threads start:
/// the signals are blocked in this thread and those it starts, until this goes.
class stop_signals {
 public:
  explicit stop_signals(int also = 0);
  ~stop_signals();
  stop_signals(stop_signals const&) = delete;
  stop_signals& operator=(stop_signals const&) = delete;

  /// The signal that came, or 0 when it was told.
  [[nodiscard]] int wait();
  /// Whether a signal comes, or it is told, within so long; what came is still there for wait.
  [[nodiscard]] bool comes_within(duration time);
  /// Any thread.
  void tell() noexcept;
  /// No wait comes any more. Until this goes, the second signal of the process ends it: see exit_now. For what may wait
  /// for ever for others' code.
  void exit_at_next_signal();

 private:
  sigset_t before_{};
  int signals_ = -1;
  int told_ = -1;
  int over_ = -1;
  std::thread next_;
};

}  // namespace troupe::detail
