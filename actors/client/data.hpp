#pragma once

#include <troupe/actors/client/control.hpp>
#include <troupe/actors/client/data_types.hpp>
#include <troupe/actors/client/memory_report.hpp>
#include <troupe/actors/client/named_task.hpp>
#include <troupe/actors/client/task_options.hpp>
#include <troupe/actors/functions/builtin.hpp>
#include <troupe/actors/functions/check_call.hpp>
#include <troupe/actors/functions/typed_call.hpp>
#include <troupe/actors/scheduler/exchange.hpp>
#include <troupe/actors/scheduler/task_event.hpp>
#include <troupe/futures/clock.hpp>
#include <troupe/futures/future.hpp>
#include <troupe/futures/gather.hpp>
#include <troupe/futures/task.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace troupe {
namespace detail {

/// Under which type an object is kept elsewhere: text as a string, a span as a vector.
template <class V>
using kept_t = std::conditional_t<std::is_convertible_v<V, char const*>, std::string, parameter_value<std::decay_t<V>>>;

template <class V>
[[nodiscard]] kept_t<V> keep(V&& value) {
  if constexpr (std::is_constructible_v<kept_t<V>, V>)
    return kept_t<V>(std::forward<V>(value));
  else
    return kept_t<V>(value.begin(), value.end());
}

using named_futures = std::vector<std::pair<std::string, any_future>>;

template <class T>
task<future<T>> as_future(task<std::vector<any_future>> body) {
  auto futures = co_await std::move(body);
  co_return future_access::make<T>(futures.front().state());
}
template <class T>
task<std::vector<future<T>>> as_futures(task<std::vector<any_future>> body) {
  auto untyped = co_await std::move(body);
  std::vector<future<T>> futures;
  futures.reserve(untyped.size());
  for (auto const& f : untyped) futures.push_back(future_access::make<T>(f.state()));
  co_return futures;
}

template <class R>
struct replies {
  using type = std::map<std::string, R>;
  static task<type> read(task<named_futures> body) {
    auto ended = co_await std::move(body);
    type values;
    for (auto& [worker, f] : ended) values.emplace(worker, f.state()->template take<R>());
    co_return values;
  }
};
template <>
struct replies<void> {
  using type = std::vector<std::string>;
  static task<type> read(task<named_futures> body);
};

/// Where and how `run` runs a function: taken from the front of its arguments.
struct run_where {
  std::vector<std::string> workers;
  on_error failures = on_error::raise;
};

}  // namespace detail

/// The operations of a client on data and on workers as such.
///
/// Questions and simple commands give futures, as submit does: await them or `get()`. What takes several steps is a
/// task: await it, or `block_on` it. All of them:
/// - Failure: error that says what is wrong with the request; client_closed after close, or when the scheduler is gone.
/// - Cancellation: stopping the await, or dropping the future, gives up waiting; what was begun elsewhere may still be
///   done.
/// - The awaiting coroutine resumes on its own executor.
class data_client : public control_client {
 public:
  /// `future<T> data = co_await client.scatter(value)`: puts a value on a worker, as if it were a task's result, and
  /// gives its future when it is there. Workers take turns, each as often as it has threads.
  ///
  ///     scatter(value, on_workers("a", "b"))             on the least busy of these
  ///     scatter(value, broadcast)                        on every worker: holders pass it on, a tree
  ///     scatter(value, on_workers("a", "b"), broadcast)  on each of these
  ///
  /// Waits for a worker where there is none. The value travels through the scheduler, copied as often as a task's
  /// argument; it is lost with the last worker that holds it. Its key is the option `key`, if given.
  template <class V, class... Where>
    requires std::constructible_from<data_target, Where...>
  [[nodiscard]] auto scatter(V&& value, Where... where) const {
    using T = detail::kept_t<V>;
    using result = detail::call_task_t<future<T>, V&&>;
    if constexpr (detail::check_travels<T>()) {
      std::vector<detail::value_ptr> one;
      one.emplace_back(new detail::value_box<T>(std::in_place, detail::keep(std::forward<V>(value))));
      return result(detail::as_future<T>(
          scatter_values(std::move(one), detail::scatter_function<T>(), data_target(std::move(where)...))));
    } else {
      return result();
    }
  }
  /// Each element of a range as a value of its own, moved out of a range that expires. The futures come in their order.
  template <std::ranges::input_range Range, class... Where>
    requires std::constructible_from<data_target, Where...>
  [[nodiscard]] auto scatter_each(Range&& range, Where... where) const {
    using element = std::conditional_t<detail::gives_its_elements<Range>, std::ranges::range_rvalue_reference_t<Range>,
                                       std::ranges::range_reference_t<Range>>;
    using T = detail::kept_t<element>;
    using result = detail::call_task_t<std::vector<future<T>>, Range&&>;
    if constexpr (detail::check_travels<T>()) {
      std::vector<detail::value_ptr> values;
      for (auto&& v : range)
        values.emplace_back(new detail::value_box<T>(std::in_place, detail::keep<element>(static_cast<element>(v))));
      return result(detail::as_futures<T>(
          scatter_values(std::move(values), detail::scatter_function<T>(), data_target(std::move(where)...))));
    } else {
      return result();
    }
  }

  /// `run<f>(arguments…)` calls a function once on every worker, at once even where all threads are busy, and gives the
  /// results by worker: a std::map<std::string, R>, or for a void function the names of those on which it ran. Futures
  /// among the arguments stand for their values.
  ///
  ///     run<f>(on_workers("a"), on_error::skip, arguments…)
  ///
  /// - Failure: what the function throws, as task_error, as soon as one has failed (raise); or the workers on which it
  ///   fails, and those that leave meanwhile, are left out (skip).
  template <auto Function, class... Args>
  [[nodiscard]] auto run(Args&&... arguments) const {
    return run_call(detail::run_where(), detail::function_tag<Function>(), std::forward<Args>(arguments)...);
  }
  template <class Callable, class... Args>
  [[nodiscard]] auto run(Callable callable, Args&&... arguments) const {
    return run_call(detail::run_where(), std::move(callable), std::forward<Args>(arguments)...);
  }

  /// Where the result of a task is. Throws error for a future of another client, or of no task.
  template <class T>
  [[nodiscard]] future<data_holders> who_has(future<T> const& data) const {
    return find_data(any(data));
  }
  template <detail::range_of_futures Range>
  [[nodiscard]] future<std::vector<data_holders>> who_has(Range const& data) const {
    return find_all_data(all_of(data));
  }
  /// The results on each worker, of all clients. Workers without any are there, too.
  [[nodiscard]] future<std::map<std::string, std::vector<held_data>>> has_what() const;
  /// The size of each result in memory, by key, of all clients; copies are not counted.
  [[nodiscard]] future<std::map<std::string, std::uint64_t>> nbytes() const;

  /// Where a task is and why it does not run, in words: what it waits for, which worker has it, what nobody has that it
  /// wants. Throws error for a future of another client, or of no task.
  template <class T>
  [[nodiscard]] future<std::string> explain(future<T> const& data) const {
    return explain_task(any(data));
  }

  /// What happened to a task, in order, as far as the scheduler remembers: it keeps the last 65,536 events of all
  /// tasks.
  template <class T>
  [[nodiscard]] future<std::vector<task_event>> story(future<T> const& data) const {
    return story_of(any(data));
  }

  /// Copies results until each is on `copies` workers, or on all if those are fewer; holders pass them on, a tree.
  /// Waits for results that are not there yet, and fails with the failure of one.
  template <class T>
  [[nodiscard]] future<void> replicate(future<T> const& data, std::uint32_t copies) const {
    return replicate_data({any(data)}, copies, worker_list());
  }
  template <detail::range_of_futures Range>
  [[nodiscard]] future<void> replicate(Range const& data, std::uint32_t copies) const {
    return replicate_data(all_of(data), copies, worker_list());
  }
  /// The same until each is on all of these workers.
  template <class T>
  [[nodiscard]] future<void> replicate(future<T> const& data, worker_list const& which) const {
    return replicate_data({any(data)}, UINT32_MAX, which);
  }
  template <detail::range_of_futures Range>
  [[nodiscard]] future<void> replicate(Range const& data, worker_list const& which) const {
    return replicate_data(all_of(data), UINT32_MAX, which);
  }

  /// Moves results from workers that store much to workers that store little, until none stores much more than the
  /// mean; these results only, or any of anybody. Leaves alone what running tasks use.
  template <detail::range_of_futures Range>
  [[nodiscard]] future<void> rebalance(Range const& data) const {
    return rebalance_data(all_of(data), false);
  }
  [[nodiscard]] future<void> rebalance() const { return rebalance_data({}, true); }

  /// Keeps a result under a name for all clients, also after this one has left, until it is unpublished. Fails where
  /// the name is taken, the task has failed, or it is an actor: scatter the handle, and publish that.
  template <class T>
  [[nodiscard]] future<void> publish_dataset(std::string name, future<T> const& data) const {
    return publish(std::move(name), any(data));
  }
  /// `auto data = co_await client.get_dataset<T>("name")`: its future, which is done when the published one is. Fails
  /// where there is none; the future fails where the result is no T.
  template <class T>
  [[nodiscard]] task<future<T>> get_dataset(std::string name) const {
    static_assert(detail::check_travels<T>());
    return detail::as_future<T>(find_dataset(std::move(name), detail::dataset_function<T>()));
  }
  [[nodiscard]] future<std::vector<std::string>> list_datasets() const;
  /// Its futures stay valid. Fails where there is none.
  [[nodiscard]] future<void> unpublish_dataset(std::string name) const;

  /// Lets workers go in order: they get no more tasks, what only they hold is copied to others, what they run ends.
  /// Then their actors end, each after its running method, and are made anew elsewhere where they may be; from there on
  /// the workers leave even if this is given up. Done when they have left. Fails, and they stay, where nobody is left
  /// to take over results. A worker of whose results one cannot be copied stays, too, while others leave: fails then,
  /// and names it, how many there are, one of them, and why. With `forced` they leave whatever they hold: what can be
  /// computed again is, when it is wanted, and the rest is lost.
  [[nodiscard]] future<void> retire_workers(worker_list const& which) const { return retire(which, false); }
  [[nodiscard]] future<void> retire_workers(worker_list const& which, forced_t) const { return retire(which, true); }

  /// Ends the cluster, for all its clients: the scheduler and the workers' processes leave, unfinished futures fail
  /// with client_closed.
  [[nodiscard]] future<void> shutdown() const;

  /// How many workers the cluster has work for, if that is to be done within about `target_duration`: for what starts
  /// and ends workers. docs/architecture.md has the formula; local_cluster::adapt goes by it.
  [[nodiscard]] future<std::uint32_t> adaptive_target(duration target_duration = std::chrono::seconds(5)) const;

  /// What the workers' memory is used for, asked of each at this moment, by the name of the worker.
  [[nodiscard]] task<troupe::memory_report> memory_report(worker_list const& which = {}) const;

  /// The last lines of each worker's log, oldest first: what was written in its tasks, and outside of any task in its
  /// process.
  [[nodiscard]] task<std::map<std::string, std::vector<std::string>>> logs(worker_list const& which = {}) const;

  /// Done when the cluster has at least so many workers; fails with timeout_error when it has not in time.
  [[nodiscard]] future<void> wait_for_workers(std::uint32_t count, std::optional<duration> timeout = {}) const;

 protected:
  using untyped_futures = std::vector<detail::any_future>;

  data_client() = default;

 private:
  template <class T>
  [[nodiscard]] static detail::any_future any(future<T> const& f) {
    return detail::any_future(detail::future_access::state(f));
  }
  template <class Range>
  [[nodiscard]] static untyped_futures all_of(Range const& range) {
    untyped_futures all;
    for (auto const& f : range) all.push_back(any(f));
    return all;
  }

  template <class Callable, class... Args>
  [[nodiscard]] auto run_call(detail::run_where where, Callable callable, worker_list which, Args&&... rest) const {
    where.workers = std::move(which).names();
    return run_call(std::move(where), std::move(callable), std::forward<Args>(rest)...);
  }
  template <class Callable, class... Args>
  [[nodiscard]] auto run_call(detail::run_where where, Callable callable, on_error failures, Args&&... rest) const {
    where.failures = failures;
    return run_call(std::move(where), std::move(callable), std::forward<Args>(rest)...);
  }
  template <class Callable, class... Args>
  [[nodiscard]] auto run_call(detail::run_where where, Callable callable, Args&&... arguments) const {
    using read = detail::replies<detail::call_value<Callable>>;
    using result = detail::call_task_t<typename read::type, Args&&...>;
    if constexpr (detail::check_call<Callable, detail::kept_t<Args&&> const&...>()) {
      auto bind = [callable = std::move(callable),
                   kept = std::tuple<detail::kept_t<Args&&>...>(detail::keep(std::forward<Args>(arguments))...)] {
        return std::apply([&](auto const&... each) { return detail::bind_call(Callable(callable), each...); }, kept);
      };
      return result(read::read(run_everywhere(std::move(where), std::move(bind))));
    } else {
      return result();
    }
  }

  [[nodiscard]] task<std::vector<detail::any_future>> scatter_values(std::vector<detail::value_ptr> values,
                                                                     detail::function_info const& function,
                                                                     data_target where) const;
  [[nodiscard]] task<detail::named_futures> run_everywhere(detail::run_where where,
                                                           std::function<detail::bound_call()> bind) const;
  [[nodiscard]] future<std::string> explain_task(detail::any_future data) const;
  [[nodiscard]] future<std::vector<task_event>> story_of(detail::any_future data) const;
  [[nodiscard]] future<data_holders> find_data(detail::any_future data) const;
  [[nodiscard]] future<std::vector<data_holders>> find_all_data(untyped_futures const& data) const;
  [[nodiscard]] future<void> replicate_data(untyped_futures const& data, std::uint32_t copies,
                                            worker_list const& which) const;
  [[nodiscard]] future<void> rebalance_data(untyped_futures const& data, bool all) const;
  [[nodiscard]] future<void> retire(worker_list const& which, bool force) const;
  [[nodiscard]] future<void> publish(std::string name, detail::any_future data) const;
  [[nodiscard]] task<std::vector<detail::any_future>> find_dataset(std::string name,
                                                                   detail::function_info const& function) const;
};

}  // namespace troupe
