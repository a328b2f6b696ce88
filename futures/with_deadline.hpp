#pragma once

#include <troupe/futures/future.hpp>
#include <troupe/futures/group_wait.hpp>
#include <troupe/futures/task.hpp>
#include <troupe/futures/time_limit.hpp>

#include <exception>
#include <optional>
#include <utility>
#include <vector>

namespace troupe {
namespace detail {

/// What a cancellation is called that the passing of a deadline caused.
[[noreturn]] void rethrow_as_deadline(std::exception_ptr const& error, bool passed);

template <class T>
task<T> limit_future(future<T> f, time_bound bound) {
  environment const& env = co_await this_environment();
  auto* state = future_access::state(f).get();
  group_wait until(std::vector<state_base*>{state}, wait_for::all_completed, bound.left(*env.where));
  co_await until;
  if (!state->done()) state->cancel("deadline");
  co_return co_await std::move(f);
}

template <class T>
task<T> limit_task(task<T> body, time_bound bound) {
  environment const& env = co_await this_environment();
  time_limit limit(env, bound);
  std::optional<stored_t<T>> value;
  std::exception_ptr error;
  try {
    // The frame of the body goes before the limit.
    task<T> running = std::move(body);
    if constexpr (std::is_void_v<T>)
      co_await await_in<T>(limit.env(), running);
    else
      value.emplace(co_await await_in<T>(limit.env(), running));
  } catch (...) {
    error = std::current_exception();
  }
  co_await limit.lift();
  if (error) rethrow_as_deadline(error, limit.passed());
  if constexpr (!std::is_void_v<T>) co_return std::move(*value);
}

}  // namespace detail

/// `co_await with_deadline(future_or_task, when)` and `co_await with_timeout(future_or_task, 2s)`: its value, if it is
/// there in time.
///
/// - Success: the value, as awaiting it would give it. A task that has a value after all when the time has come keeps
///   it.
/// - First failure: rethrown.
/// - The time comes: a future is cancelled with the reason "deadline"; a task is asked to stop and waited for. Either
///   way the await throws cancelled_error("deadline") once it has ended.
/// - Cancellation: a stop request ends the wait for a future alone, with cancelled_error("stopped"); a task sees it as
///   its own.
/// - The awaiting coroutine resumes on its own executor, whose clock counts.
/// - Cost: one frame and a timer; two small allocations.
///
/// Throws future_invalid at the call where future or task are empty.
template <class T>
[[nodiscard]] task<T> with_deadline(future<T> f, time_point when) {
  if (!f.valid()) throw future_invalid("with_deadline of an empty future");
  return detail::limit_future(std::move(f), detail::time_bound(when));
}
template <class T>
[[nodiscard]] task<T> with_timeout(future<T> f, duration time) {
  if (!f.valid()) throw future_invalid("with_timeout of an empty future");
  return detail::limit_future(std::move(f), detail::time_bound(time));
}
template <class T>
[[nodiscard]] task<T> with_deadline(task<T> body, time_point when) {
  if (!body.valid()) throw future_invalid("with_deadline of an empty task");
  return detail::limit_task(std::move(body), detail::time_bound(when));
}
template <class T>
[[nodiscard]] task<T> with_timeout(task<T> body, duration time) {
  if (!body.valid()) throw future_invalid("with_timeout of an empty task");
  return detail::limit_task(std::move(body), detail::time_bound(time));
}

}  // namespace troupe
