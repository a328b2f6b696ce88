#pragma once

#include <troupe/futures/clock.hpp>
#include <troupe/futures/gather.hpp>
#include <troupe/futures/progress_report.hpp>
#include <troupe/futures/task.hpp>

#include <chrono>
#include <concepts>
#include <functional>
#include <utility>
#include <vector>

namespace troupe {
namespace detail {

using progress_sink = std::function<void(progress_report const&)>;

/// What shows a bar on a terminal, and lines elsewhere.
[[nodiscard]] progress_sink draw_progress();
/// The states outlive it.
[[nodiscard]] task<void> watch_progress(std::vector<state_base*> states, progress_sink sink, duration interval);

template <class T>
task<void> progress_of(std::vector<future<T>> futures, progress_sink sink, duration interval) {
  co_await watch_progress(states_of(futures), std::move(sink), interval);
}

}  // namespace detail

/// `co_await progress(futures)` shows on standard error how far they are until all are done: a bar on a terminal, lines
/// elsewhere (see progress_bar). `co_await progress(futures, [](progress_report const& now) { … })` calls this instead:
/// at once, then where something has changed, but at most once in each interval, and at the end.
///
/// - Success: returns when all are done; a range without futures is done at once.
/// - Failure: failed and cancelled futures count as done; nothing of theirs is thrown. What the callback throws is.
/// - Cancellation: a stop request ends it with cancelled_error("stopped"); the futures go on.
/// - The callback runs, and the awaiting coroutine resumes, on the latter's executor, whose clock counts the interval.
/// - Values stay where they are: watching fetches nothing.
/// - Cost: one allocation and O(1) per future, however long it takes.
///
/// Throws future_invalid at the call when a future is empty.
template <detail::range_of_futures Range>
[[nodiscard]] task<void> progress(Range&& futures) {
  using T = detail::awaited_t<Range>;
  return detail::progress_of<T>(detail::own_futures<T>(std::forward<Range>(futures)), detail::draw_progress(),
                                std::chrono::milliseconds(100));
}
template <detail::range_of_futures Range, std::invocable<progress_report const&> Callback>
[[nodiscard]] task<void> progress(Range&& futures, Callback callback,
                                  duration interval = std::chrono::milliseconds(100)) {
  using T = detail::awaited_t<Range>;
  return detail::progress_of<T>(detail::own_futures<T>(std::forward<Range>(futures)), std::move(callback), interval);
}

}  // namespace troupe
