#pragma once

#include <troupe/futures/gather.hpp>
#include <troupe/futures/group_wait.hpp>
#include <troupe/futures/task.hpp>

#include <optional>
#include <utility>
#include <vector>

namespace troupe {

/// Both in the order in which the futures were given. Done: finished, failed or cancelled.
template <class T>
struct wait_result {
  std::vector<future<T>> done;
  std::vector<future<T>> not_done;
};

namespace detail {

template <class T>
task<wait_result<T>> wait_range(std::vector<future<T>> futures, wait_for what, std::optional<duration> timeout) {
  group_wait until(states_of(futures), what, timeout);
  co_await until;
  wait_result<T> result;
  for (auto& f : futures) {
    auto& side = f.done() ? result.done : result.not_done;
    side.push_back(std::move(f));
  }
  co_return result;
}

}  // namespace detail

/// `auto [done, not_done]` after `auto result = co_await wait(futures, wait_for::first_completed, 2s)`.
///
/// - Success: returns when all are done, one is done, or one has failed (else all), as `what` says; a range without
///   futures is done at once.
/// - Failure: failed and cancelled futures count as done; nothing of theirs is thrown.
/// - Timeout: returns what is done by then, `not_done` says that it ran out; nothing is thrown and the futures go on.
/// - Cancellation: a stop request ends the wait with cancelled_error("stopped"); the futures go on.
/// - The awaiting coroutine resumes on its own executor, whose clock counts the timeout.
/// - Cost: O(n), two allocations and the result, whatever n.
///
/// Throws future_invalid at the call when a future is empty.
template <detail::range_of_futures Range>
[[nodiscard]] task<wait_result<detail::awaited_t<Range>>> wait(Range&& futures, wait_for what = wait_for::all_completed,
                                                               std::optional<duration> timeout = {}) {
  using T = detail::awaited_t<Range>;
  return detail::wait_range<T>(detail::own_futures<T>(std::forward<Range>(futures)), what, timeout);
}

}  // namespace troupe
