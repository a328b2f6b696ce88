#pragma once

#include <troupe/futures/errors.hpp>
#include <troupe/futures/sleep_for.hpp>
#include <troupe/futures/task.hpp>

#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <type_traits>
#include <utility>

namespace troupe {

/// How often and after which delays retry tries again: before attempt n + 1 it waits
/// `min(max_delay, first_delay × factor^(n-1))`, of which a random part of up to `jitter` is taken off, so that many
/// who failed together do not come back together.
class retry_policy {
 public:
  /// All attempts, the first one too; at least 1.
  retry_policy& attempts(int n) noexcept {
    attempts_ = n;
    return *this;
  }
  retry_policy& first_delay(duration time) noexcept {
    first_delay_ = time;
    return *this;
  }
  retry_policy& max_delay(duration time) noexcept {
    max_delay_ = time;
    return *this;
  }
  retry_policy& factor(double growth) noexcept {
    factor_ = growth;
    return *this;
  }
  /// 0: none. 1: a delay lies anywhere between none and its full length.
  retry_policy& jitter(double part) noexcept {
    jitter_ = part;
    return *this;
  }
  /// For delays that can be foreseen; otherwise each policy is seeded from the system's random source.
  retry_policy& seed(std::uint64_t value) noexcept {
    seed_ = value;
    return *this;
  }
  /// Which failures are worth another attempt; all where none is given. Cancellation never is.
  retry_policy& when(std::function<bool(std::exception_ptr const&)> worth_it) {
    worth_it_ = std::move(worth_it);
    return *this;
  }

  [[nodiscard]] int attempts() const noexcept { return attempts_; }
  /// Whether to try again after attempt `n`, counted from 1, failed with `error`.
  [[nodiscard]] bool again_after(int n, std::exception_ptr const& error) const;

 private:
  friend class retry_delays;

  int attempts_ = 3;
  duration first_delay_ = std::chrono::milliseconds(100);
  duration max_delay_ = std::chrono::seconds(30);
  double factor_ = 2;
  double jitter_ = 0.5;
  std::uint64_t seed_ = fresh_seed();
  std::function<bool(std::exception_ptr const&)> worth_it_;

  static std::uint64_t fresh_seed();
};

/// The delays of a policy, one after the other.
class retry_delays {
 public:
  explicit retry_delays(retry_policy const& policy) noexcept;
  [[nodiscard]] duration next() noexcept;

 private:
  double next_, most_, factor_, jitter_;
  std::uint64_t random_;
};

namespace detail {

template <class Factory>
using attempt_of = std::remove_cvref_t<std::invoke_result_t<Factory&>>;

template <class T, class Factory>
task<T> retry_attempts(retry_policy policy, Factory factory) {
  retry_delays delays(policy);
  for (int attempt = 1;; ++attempt) {
    std::exception_ptr error;
    try {
      auto running = factory();
      if constexpr (std::is_void_v<T>) {
        co_await std::move(running);
        co_return;
      } else {
        co_return co_await std::move(running);
      }
    } catch (...) {
      error = std::current_exception();
    }
    if (!policy.again_after(attempt, error)) std::rethrow_exception(error);
    co_await sleep_for(delays.next());
  }
}

}  // namespace detail

/// `co_await retry(retry_policy().attempts(5), [&] { return fetch(url); })`: calls `factory` for a task or a future and
/// awaits it, again and again with growing delays, until one succeeds.
///
/// - Success: the value of the first attempt that succeeds.
/// - Failure: that of the last attempt, or the first that the policy does not find worth another one.
/// - Cancellation: cancelled_error is never retried; a stop request ends a delay at once with
/// cancelled_error("stopped").
/// - Resumes on the awaiting coroutine's executor, whose clock counts the delays.
/// - Cost: one frame; each attempt its own.
///
/// The factory is kept until the end, so a coroutine that it makes may refer to what it holds.
template <std::invocable Factory>
[[nodiscard]] auto retry(retry_policy policy, Factory factory) {
  using T = typename detail::attempt_of<Factory>::value_type;
  return detail::retry_attempts<T>(std::move(policy), std::move(factory));
}

}  // namespace troupe
