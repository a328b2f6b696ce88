#pragma once

#include <troupe/futures/environment.hpp>
#include <troupe/futures/spin_lock.hpp>

#include <chrono>
#include <coroutine>
#include <optional>
#include <stop_token>

namespace troupe {
namespace detail {

class sleep_await {
 public:
  explicit sleep_await(time_point until) noexcept : until_(until) {}
  explicit sleep_await(duration by) noexcept : by_(by) {}

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) {
    return suspend(handle, environment_of(handle));
  }
  /// Throws cancelled_error("stopped") when the sleep was ended by a stop request.
  void await_resume();

 private:
  struct alarm : timer {
    explicit alarm(sleep_await& s) noexcept : timer(&ring), sleeper(s) {}
    static void ring(work& self) noexcept;
    sleep_await& sleeper;
  };
  struct on_stop {
    sleep_await* self;
    void operator()() const noexcept { self->stop(); }
  };

  bool suspend(std::coroutine_handle<> handle, environment const* env);
  void stop() noexcept;

  std::optional<duration> by_;
  time_point until_{};
  executor* where_ = nullptr;
  resumption resumption_;
  alarm alarm_{*this};
  // Held from before the timer is armed until the suspending thread is done with this object: the timer may ring, and a
  // stop request may come, on other threads before that.
  spin_lock arming_;
  bool armed_ = false;
  bool stopped_ = false;
  std::optional<std::stop_callback<on_stop>> on_stop_;
};

}  // namespace detail

/// `co_await sleep_for(200ms)` and `co_await sleep_until(when)`: wait by the clock of the awaiting coroutine's
/// executor.
///
/// - Success: returns when the time has come; at the earliest with the executor's next step.
/// - Failure: none, but std::bad_alloc where the executor cannot queue a timer.
/// - Cancellation: a stop request ends the sleep at once with cancelled_error("stopped").
/// - The awaiting coroutine resumes on its own executor.
/// - Cost: no allocation of its own; O(log n) in the executor's timers.
[[nodiscard]] inline detail::sleep_await sleep_until(time_point when) noexcept { return detail::sleep_await(when); }
template <class Rep, class Period>
[[nodiscard]] detail::sleep_await sleep_for(std::chrono::duration<Rep, Period> time) noexcept {
  return detail::sleep_await(std::chrono::ceil<duration>(time));
}

}  // namespace troupe
