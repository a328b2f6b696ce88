#pragma once

#include <troupe/futures/future.hpp>
#include <troupe/futures/shared_state.hpp>

#include <ranges>

namespace troupe {

namespace detail {

void keep_task(intrusive_ptr<state_base> const& of);

}  // namespace detail

/// The task runs to its end even if all its futures go, its client leaves, or the task that submitted it ends; for what
/// is run for what it does. Its result is freed when nobody wants it, its error is told to nobody. It can still be
/// cancelled through a future. Throws error for a future that is of no submitted task.
template <class T>
void fire_and_forget(future<T> const& task) {
  detail::keep_task(detail::future_access::state(task));
}

template <std::ranges::input_range Futures>
  requires(detail::is_future<std::ranges::range_value_t<Futures>>::value)
void fire_and_forget(Futures const& tasks) {
  for (auto const& task : tasks) fire_and_forget(task);
}

}  // namespace troupe
