#pragma once

#include <troupe/actors/client/actor_options.hpp>
#include <troupe/actors/client/cluster_info.hpp>
#include <troupe/actors/client/data.hpp>
#include <troupe/actors/client/remote_actor.hpp>
#include <troupe/actors/client/submission_batch.hpp>
#include <troupe/actors/client/task_options.hpp>
#include <troupe/actors/functions/actor_maker.hpp>
#include <troupe/actors/functions/check_call.hpp>
#include <troupe/actors/functions/named_call.hpp>
#include <troupe/actors/functions/typed_call.hpp>
#include <troupe/actors/scheduler/exchange.hpp>
#include <troupe/futures/future.hpp>
#include <troupe/futures/named_future.hpp>

#include <concepts>
#include <cstddef>
#include <iosfwd>
#include <memory>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace troupe {

class client;

/// In a map: this argument is the same for every call, also where it is a range.
template <class T>
class fixed {
 public:
  explicit fixed(T value) : value_(std::move(value)) {}
  [[nodiscard]] T const& value() const noexcept { return value_; }

 private:
  T value_;
};

namespace detail {

class session;
struct client_access;
[[nodiscard]] client make_client(intrusive_ptr<session> const& of, submitting_attempt parent);

template <class T>
inline constexpr bool is_fixed = false;
template <class T>
inline constexpr bool is_fixed<fixed<T>> = true;

template <class... Args>
inline constexpr bool begins_with_options = false;
template <class First, class... Rest>
inline constexpr bool begins_with_options<First, Rest...> = std::is_same_v<std::remove_cvref_t<First>, actor_options>;

}  // namespace detail

/// A session with a cluster, through which work is submitted. Cheap to copy; copies share the session; any thread.
///
/// What a parameter accepts: its value or what converts to it, a `future` of exactly its type, and containers of
/// futures for containers of values; `T const&` shares the stored value, `T` copies it or takes it over from its last
/// holder. Futures of another client are refused.
///
/// - Success: the future gets the function's result.
/// - Failure: the future fails with task_error, which says what was thrown, by which function, in which attempt, where.
/// - Cancellation: `future.cancel()`, the option `deadline`, or the last future going before the task ran. What a task
///   submits through its context's client goes with it.
/// - Submitting never blocks; where the awaiting coroutine resumes is the future's matter.
/// - After close, or when the runtime has gone, futures fail with client_closed.
/// - Without close the session ends when the last copy of its client, the last future of it and the last answer that
///   is waited for have gone. What was given to fire_and_forget runs on.
///
/// What it does with data and workers is in data_client.
class client : public data_client {
 public:
  /// Of no cluster: everything but copying throws client_closed.
  client() = default;

  /// `submit<f>(arguments…)`: runs a function, static member or, with the object first, a member function `&T::f`.
  template <auto Function, class... Args>
  [[nodiscard("dropping the last future of a task cancels it")]] auto submit(Args&&... arguments) const {
    return submit_call<detail::function_tag<Function>>({}, std::forward<Args>(arguments)...);
  }
  /// `submit(lambda, arguments…)`: a lambda without captures, or an object with operator() whose state can travel.
  template <class Callable, class... Args>
    requires(!std::is_same_v<Callable, std::string>)
  [[nodiscard("dropping the last future of a task cancels it")]] auto submit(Callable callable,
                                                                             Args&&... arguments) const {
    return submit_call<Callable>(std::move(callable), std::forward<Args>(arguments)...);
  }

  /// `submit<int>("inc", 1)`: runs what a program or library exports under this name (export_task.hpp) and that takes
  /// exactly these types and gives a Result. Fails where no worker has it.
  template <class Result, class Name, class... Args>
    requires std::convertible_to<Name, std::string>
  [[nodiscard("dropping the last future of a task cancels it")]] future<Result> submit(Name&& exported,
                                                                                       Args&&... arguments) const {
    return detail::future_access::make<Result>(
        submit_bound(detail::bind_named_call<Result>(std::forward<Name>(exported), std::forward<Args>(arguments)...)));
  }

  /// One task per element of the ranges, the shortest of which decides; an argument that is no range, converts to its
  /// parameter, or is `fixed`, is the same for all. The futures come in the order of the elements.
  template <auto Function, class... Args>
  [[nodiscard("dropping the last future of a task cancels it")]] auto map(Args&&... arguments) const {
    return map_call(detail::function_tag<Function>{}, std::forward<Args>(arguments)...);
  }
  template <class Callable, class... Args>
    requires(!std::ranges::range<Callable> && !detail::is_fixed<Callable>)
  [[nodiscard("dropping the last future of a task cancels it")]] auto map(Callable callable,
                                                                          Args&&... arguments) const {
    return map_call(callable, std::forward<Args>(arguments)...);
  }

  /// Runs a failed task again, and first what made it fail; gives a new future of it (the old one stays as it is). For
  /// one that has not failed: another future of it. What has used up its arguments fails as before: by-value ones are
  /// moved into the last attempt where client and workers are one process, unless the task has retries.
  template <class T>
  [[nodiscard("dropping the last future of a task cancels it")]] future<T> retry(future<T> const& failed) const {
    return detail::future_access::make<T>(retry_task(detail::future_access::state(failed)));
  }

  /// Makes a T from these arguments on some worker, where it stays; the handle comes when it is made. See remote_actor.
  ///
  /// - Arguments travel as those of tasks do: an argument keeps its own type, text is a `std::string`, a future stands
  ///   for its value. T itself need not travel.
  /// - Failure: task_error of what the constructor throws.
  /// - The actor is made at once, also where all threads are busy. Of the options of tasks, `resource` holds while it
  ///   is made.
  template <class T, class... Args>
  [[nodiscard("dropping the last future of an actor ends it")]] auto create_actor(actor_options const& options,
                                                                                  Args&&... arguments) const {
    using result = detail::submit_result_t<remote_actor<T>, Args...>;
    using maker = detail::actor_maker<T, typename detail::constructor_argument<Args>::type...>;
    detail::actor_plan plan{options.restarts() > 0, options.snapshot_every()};
    if constexpr (detail::check_maker<T, Args...>())
      return result(detail::future_access::make<remote_actor<T>>(
          detail::submit_actor(self_, detail::bind_call(maker{}, plan, std::forward<Args>(arguments)...), options,
                               &detail::handle_inside<T>)));
    else
      return result();
  }
  template <class T, class... Args>
    requires(!detail::begins_with_options<Args...>)
  [[nodiscard("dropping the last future of an actor ends it")]] auto create_actor(Args&&... arguments) const {
    return create_actor<T>(actor_options(), std::forward<Args>(arguments)...);
  }

  /// Computes results of a collection here: `auto total = client.compute(graph, node);`. What it gives, usually
  /// futures, is the collection's to say: it calls `compute_on(client, collection, what…)`, which lies beside the
  /// collection.
  template <class Collection, class... What>
    requires requires(client const& here, Collection const& of, What const&... what) { compute_on(here, of, what...); }
  [[nodiscard("dropping the last future of a task cancels it")]] auto compute(Collection const& of,
                                                                              What const&... what) const {
    return compute_on(*this, of, what...);
  }

  /// The same session with other options for what is submitted through the copy.
  [[nodiscard]] client with(task_options options) const;

  [[nodiscard]] future<troupe::cluster_info> cluster_info() const;

  /// Ends the session: unfinished futures fail with client_closed, for all copies of this client.
  void close() const;
  [[nodiscard]] bool closed() const noexcept;

  /// `2 workers, 4 threads, 23.4 GB`
  [[nodiscard]] friend std::string to_string(client const& c) { return c.describe(); }
  friend std::ostream& operator<<(std::ostream& out, client const& c);

 private:
  friend client detail::make_client(detail::intrusive_ptr<detail::session> const& of,
                                    detail::submitting_attempt parent);
  friend detail::client_access;

  template <class Callable, class... Args>
  [[nodiscard]] auto submit_call(Callable callable, Args&&... arguments) const {
    using value = detail::call_value<Callable>;
    using result = detail::submit_result_t<value, Args...>;
    if constexpr (detail::check_call<Callable, Args...>())
      return result(detail::future_access::make<value>(
          submit_bound(detail::bind_call(std::move(callable), std::forward<Args>(arguments)...))));
    else
      return result();
  }
  template <class Callable, class... Args>
  [[nodiscard]] auto map_call(Callable const& callable, Args&&... arguments) const;

  [[nodiscard]] detail::intrusive_ptr<detail::state_base> submit_bound(detail::bound_call what) const;
  [[nodiscard]] detail::submission_batch open_batch() const;
  [[nodiscard]] detail::intrusive_ptr<detail::state_base> retry_task(
      detail::intrusive_ptr<detail::state_base> const& of) const;
  [[nodiscard]] std::string describe() const;
};

/// For what submits on behalf of a client.
struct detail::client_access {
  [[nodiscard]] static client_handle const& handle(client const& c) noexcept { return c.self_; }
};

}  // namespace troupe

#include <troupe/actors/client/map_impl.hpp>
