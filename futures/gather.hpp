#pragma once

#include <troupe/futures/future.hpp>
#include <troupe/futures/group_wait.hpp>
#include <troupe/futures/task.hpp>

#include <concepts>
#include <exception>
#include <ranges>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace troupe {

/// What gather does with a failure: `raise` rethrows it, `skip` leaves the failed ones out of the result.
enum class on_error : std::uint8_t { raise, skip };

namespace detail {

template <class Range>
concept range_of_futures =
    std::ranges::input_range<Range> && requires { typename std::ranges::range_value_t<Range>::value_type; } &&
    std::derived_from<std::ranges::range_value_t<Range>,
                      future<typename std::ranges::range_value_t<Range>::value_type>>;

template <range_of_futures Range>
using awaited_t = typename std::ranges::range_value_t<Range>::value_type;

/// Whose elements go with it: a range that expires, but no view, whose elements are somebody else's.
template <class Range>
inline constexpr bool gives_its_elements =
    !std::is_lvalue_reference_v<Range> && !std::ranges::view<std::remove_cvref_t<Range>>;

/// Copies of the futures; moved out of an expiring range. Throws future_invalid where one is empty.
template <class T, class Range>
[[nodiscard]] std::vector<future<T>> own_futures(Range&& range) {
  std::vector<future<T>> futures;
  if constexpr (std::ranges::sized_range<Range>) futures.reserve(std::ranges::size(range));
  for (auto&& f : range) {
    if (!f.valid()) throw future_invalid("a range to wait for holds an empty future");
    if constexpr (gives_its_elements<Range>)
      futures.push_back(std::move(f));
    else
      futures.push_back(f);
  }
  return futures;
}

template <class T>
[[nodiscard]] std::vector<state_base*> states_of(std::vector<future<T>> const& futures) {
  std::vector<state_base*> states;
  states.reserve(futures.size());
  for (auto const& f : futures) states.push_back(future_access::state(f).get());
  return states;
}

/// Waits until all are done, or (raise) one has failed, whose error it rethrows.
task<void> all_done(std::vector<state_base*> states, on_error failures);

template <class T>
task<std::vector<T>> gather_range(std::vector<future<T>> futures, on_error failures) {
  co_await all_done(states_of(futures), failures);
  std::vector<T> values;
  values.reserve(futures.size());
  for (auto& f : futures) {
    if (f.status() != future_status::finished) continue;
    auto owned = std::move(f);
    values.push_back(future_access::state(owned)->template take<T>());
  }
  co_return values;
}

template <class Unused>
task<void> gather_void(std::vector<future<void>> futures, on_error failures) {
  co_await all_done(states_of(futures), failures);
}

template <class T>
using tuple_element_of = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <class T>
[[nodiscard]] tuple_element_of<T> take_element(future<T>& f) {
  auto owned = std::move(f);
  if constexpr (std::is_void_v<T>)
    return {};
  else
    return future_access::state(owned)->template take<T>();
}

template <class... Ts>
task<std::tuple<tuple_element_of<Ts>...>> gather_tuple(std::tuple<future<Ts>...> futures) {
  auto states = std::apply(
      [](auto const&... fs) { return std::vector<state_base*>{future_access::state(fs).get()...}; }, futures);
  co_await all_done(std::move(states), on_error::raise);
  co_return std::apply([](auto&... fs) { return std::tuple<tuple_element_of<Ts>...>(take_element(fs)...); }, futures);
}

}  // namespace detail

/// `co_await gather(futures)` gives the values of a range of futures as a vector in their order (nothing for void);
/// `co_await gather(f1, f2, …)` a tuple (std::monostate for void).
///
/// - Success: values are moved out of futures that nobody else holds (give the range with std::move), else copied.
/// - First failure: `raise` rethrows the failure that came first as soon as it is there and leaves the other futures
///   running; `skip` waits for all and leaves the failed and cancelled ones out.
/// - Cancellation: a stop request ends the wait with cancelled_error("stopped"); the futures go on.
/// - The awaiting coroutine resumes on its own executor, once.
/// - Cost: O(n), three allocations and the result, whatever n.
///
/// Throws future_invalid at the call when a future is empty.
template <detail::range_of_futures Range>
[[nodiscard]] auto gather(Range&& futures, on_error failures = on_error::raise) {
  using T = detail::awaited_t<Range>;
  auto owned = detail::own_futures<T>(std::forward<Range>(futures));
  if constexpr (std::is_void_v<T>)
    return detail::gather_void<void>(std::move(owned), failures);
  else
    return detail::gather_range<T>(std::move(owned), failures);
}

template <class T, class... Ts>
[[nodiscard]] task<std::tuple<detail::tuple_element_of<T>, detail::tuple_element_of<Ts>...>> gather(
    future<T> first, future<Ts>... rest) {
  if (!first.valid() || (!rest.valid() || ...)) throw future_invalid("gather of an empty future");
  return detail::gather_tuple<T, Ts...>(std::tuple(std::move(first), std::move(rest)...));
}

}  // namespace troupe
