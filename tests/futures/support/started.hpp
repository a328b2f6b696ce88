#pragma once

#include <troupe/futures/manual_executor.hpp>
#include <troupe/futures/root.hpp>
#include <troupe/futures/task.hpp>

#include <exception>
#include <functional>
#include <optional>
#include <stop_token>
#include <utility>

namespace troupe::test {

/// A task started on an executor, and how it ended.
template <class T>
class started {
 public:
  started(executor& where, task<T> body) { run(std::move(body)).start({&where, stop_.get_token()}); }
  started(started const&) = delete;
  started& operator=(started const&) = delete;

  void request_stop() { stop_.request_stop(); }
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  /// Only once it has ended.
  T result() {
    if (error_) std::rethrow_exception(error_);
    if constexpr (!std::is_void_v<T>) return std::move(*value_);
  }
  [[nodiscard]] std::exception_ptr error() const noexcept { return error_; }

 private:
  detail::root run(task<T> body) {
    try {
      auto running = std::move(body);
      if constexpr (std::is_void_v<T>)
        co_await std::move(running);
      else
        value_.emplace(co_await std::move(running));
    } catch (...) {
      error_ = std::current_exception();
    }
    ended_ = true;
  }

  std::stop_source stop_;
  bool ended_ = false;
  std::exception_ptr error_;
  std::conditional_t<std::is_void_v<T>, bool, std::optional<T>> value_{};
};

template <class T>
started(executor&, task<T>) -> started<T>;

/// Runs what `make` makes to its end once to count its steps and timers, then again and again with a stop request after
/// each number of them, and checks each time that it ends. `make` gives a fresh task<void>; `feed(step)` is called
/// before each step, to complete what the task waits for. How many steps the first run took.
inline int stop_after_each_step(std::function<task<void>()> const& make, std::function<void(int)> const& feed,
                                std::function<void(bool stopped, bool threw)> const& ended) {
  auto run = [&](int stop_at) {
    manual_executor loop;
    started body(loop, make());
    int steps = 0;
    for (; !body.ended(); ++steps) {
      if (steps == stop_at) body.request_stop();
      feed(steps);
      if (!loop.step() && !loop.advance_to_next_timer() && steps > 10'000) break;
    }
    ended(stop_at >= 0 && stop_at < steps, body.error() != nullptr);
    return body.ended() ? steps : -1;
  };
  int steps = run(-1);
  for (int n = 0; n < steps; ++n)
    if (run(n) < 0) return -1;
  return steps;
}

}  // namespace troupe::test
