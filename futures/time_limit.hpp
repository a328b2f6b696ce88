#pragma once

#include <troupe/futures/environment.hpp>

#include <atomic>
#include <coroutine>
#include <optional>
#include <stop_token>

namespace troupe::detail {

/// A point in time, or a while from when it is asked for.
class time_bound {
 public:
  explicit time_bound(time_point when) noexcept : when_(when) {}
  explicit time_bound(duration from_now) noexcept : by_(from_now) {}
  [[nodiscard]] time_point when(executor const& where) const noexcept;
  [[nodiscard]] duration left(executor const& where) const noexcept;

 private:
  time_point when_{};
  std::optional<duration> by_;
};

/// An environment like the one it is made from, whose stop token is also asked to stop when a time has come. Lives in a
/// coroutine, which must `co_await lift()` before it goes.
class time_limit {
 public:
  time_limit(environment const& outer, time_bound bound);
  time_limit(time_limit const&) = delete;
  time_limit& operator=(time_limit const&) = delete;

  [[nodiscard]] environment const& env() const noexcept { return inner_; }
  /// After lift: whether the time has come.
  [[nodiscard]] bool passed() const noexcept { return phase_.load(std::memory_order_acquire) == passed_by; }

  /// Takes the timer back, or waits until it has run.
  class lift_await {
   public:
    explicit lift_await(time_limit& limit) noexcept : limit_(limit) {}
    [[nodiscard]] bool await_ready() const noexcept {
      return limit_.inner_.where->cancel(limit_.alarm_) || limit_.passed();
    }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> handle) noexcept {
      limit_.resumption_.bind(handle);
      return limit_.wait();
    }
    void await_resume() const noexcept {}

   private:
    time_limit& limit_;
  };
  [[nodiscard]] lift_await lift() noexcept { return lift_await(*this); }

 private:
  enum phase : unsigned char { armed, waited_for, passed_by };
  struct alarm : timer {
    explicit alarm(time_limit& l) noexcept : timer(&ring), limit(l) {}
    static void ring(work& self) noexcept;
    time_limit& limit;
  };
  struct on_stop {
    std::stop_source* stop;
    void operator()() const noexcept { stop->request_stop(); }
  };

  /// False when the timer has run.
  [[nodiscard]] bool wait() noexcept;

  std::stop_source stop_;
  environment inner_;
  std::stop_callback<on_stop> from_outer_;
  std::atomic<phase> phase_{armed};
  resumption resumption_;
  alarm alarm_{*this};
};

}  // namespace troupe::detail
