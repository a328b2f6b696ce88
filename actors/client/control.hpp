#pragma once

#include <troupe/actors/client/client_handle.hpp>
#include <troupe/actors/client/coordination.hpp>
#include <troupe/actors/client/event_stream.hpp>
#include <troupe/actors/client/named_task.hpp>
#include <troupe/actors/client/plugin_maker.hpp>
#include <troupe/actors/functions/check_call.hpp>
#include <troupe/actors/functions/named_call.hpp>
#include <troupe/actors/functions/typed_call.hpp>
#include <troupe/actors/functions/value.hpp>
#include <troupe/futures/clock.hpp>
#include <troupe/futures/future.hpp>
#include <troupe/futures/task.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace troupe {
namespace detail {

template <class R>
task<R> read_result(task<value_ptr> body) {
  auto value = co_await std::move(body);
  if constexpr (!std::is_void_v<R>) co_return std::move(value_cast<R>(*value));  // made for this call alone
}

}  // namespace detail

/// The operations of a client on its cluster as a whole. What data_client says of its operations is true of these.
class control_client {
 public:
  /// Loads a shared library of tasks (export_task.hpp) into all workers, those that come later included: they have it
  /// before they get tasks. From then on what it exports can be submitted by name, `client.submit<int>("price", 7)`.
  /// Gives the names of the workers that have it.
  ///
  /// - The file is read on a thread of the client, told by its content (SHA-256), and sent in pieces of 1 MiB. Where
  ///   the same content is already, it is neither sent, stored nor loaded again. A library stays loaded for good.
  /// - Waits for a worker where there is none.
  /// - Failure: error, when the file cannot be read; when a worker cannot load it, with each such worker and what its
  ///   dynamic linker says. The others keep it, and so will workers that come later, who are refused if they cannot
  ///   load it; where no worker could, nothing is kept.
  /// - The scheduler keeps uploads in memory, together up to 2 GiB.
  [[nodiscard]] task<std::vector<std::string>> upload_library(std::string path) const;

  /// Puts a file into the local directory of all workers, those that come later included. Tasks find it by its name,
  /// which is that of the file unless one is given:
  ///
  ///     double mean(troupe::task_context& context) { std::ifstream in(context.file("prices.csv")); … }
  ///
  /// As upload_library, but for the loading: fails where a worker cannot store it. Another file of the same name takes
  /// its place; who has opened the old one goes on reading that.
  [[nodiscard]] task<std::vector<std::string>> upload_file(std::string path, std::string name = {}) const;

  /// Workers that come later do not get the upload of this name. Those that have it keep it. Fails where there is none.
  [[nodiscard]] future<void> remove_upload(std::string name) const;

  /// Begins anew, for all clients: unfinished tasks are cancelled ("the cluster was restarted") and what runs is asked
  /// to stop; results, failures and keys are forgotten. Workers with a nanny (`troupe worker`, `program --worker`, the
  /// processes of a local_cluster) end and are started again, with all that was uploaded; what does not stop within two
  /// seconds ends
  /// with its process. The others stay. Done when as many workers as before are there; what is submitted meanwhile
  /// runs, or is cancelled with the rest.
  ///
  /// - Futures that wait for their value, or for one that lies on a worker, throw cancelled_error; values that are here
  ///   already stay readable. Tasks that take one of either as an argument are cancelled.
  /// - The names of published datasets stay, as in Dask, without their data: unpublish and publish again.
  /// - Failure: timeout_error that names the workers which are not back in time; the cluster goes on without them, and
  ///   takes them when they come.
  [[nodiscard]] future<void> restart(duration timeout = std::chrono::seconds(30)) const;

  /// `auto answer = co_await client.run_on_scheduler<f>(arguments…)` calls a function in the scheduler's process, on a
  /// thread of its own that is not the scheduler's, and gives its result: for what only that process sees. By name,
  /// `run_on_scheduler<int>("inc", 1)`, what it exports (export_task.hpp).
  ///
  /// - The scheduler of a program's own cluster has the program's functions; `troupe scheduler` those of the libraries
  ///   it is started with (`--preload`).
  /// - Arguments are values, not futures; functions that take a context are refused: that is of workers.
  /// - Failure: what the function throws, as task_error, whose worker is `scheduler`; error that names both programs
  ///   where the scheduler's has no such function.
  /// - Giving up the await does not stop the function. A cluster that closes asks it to stop, and waits for it.
  template <auto Function, class... Args>
  [[nodiscard]] auto run_on_scheduler(Args&&... arguments) const {
    return run_there(detail::function_tag<Function>(), std::forward<Args>(arguments)...);
  }
  template <class Callable, class... Args>
    requires(!std::convertible_to<Callable, std::string>)
  [[nodiscard]] auto run_on_scheduler(Callable callable, Args&&... arguments) const {
    return run_there(std::move(callable), std::forward<Args>(arguments)...);
  }
  template <class Result, class Name, class... Args>
    requires std::convertible_to<Name, std::string>
  [[nodiscard]] auto run_on_scheduler(Name&& exported, Args&&... arguments) const {
    static_assert(!(detail::holds_futures<std::decay_t<Args>> || ...), "await the future, and pass its value");
    return detail::call_task_t<Result, Args&&...>(detail::read_result<Result>(call_scheduler(
        detail::bind_named_call<Result>(std::forward<Name>(exported), std::forward<Args>(arguments)...))));
  }

  /// `co_await client.register_plugin<database>("db://prices")` makes a plugin from these arguments: one on every
  /// worker, those that come later included, who have it before they get tasks (worker_plugin); or one in the
  /// scheduler's process (scheduler_plugin). Gives the names of the workers that have it, or `scheduler`.
  ///
  /// - There is one of each type: a later one takes the place of an earlier one, which is torn down first.
  /// - Arguments travel as those of tasks do, each as a value of its own type, text as a `std::string`; the plugin
  ///   itself need not.
  /// - Failure: error, with each worker whose plugin's constructor or setup has thrown and what. The others keep it,
  ///   and so will workers that come later, who are refused if they cannot set it up; where no worker could, nothing
  ///   is kept. Where no worker's program has the class, error that names both programs. Of a scheduler's plugin:
  ///   task_error.
  template <class T, class... Args>
    requires(!detail::plugin_kind<T>)
  [[nodiscard]] auto register_plugin(Args&&... arguments) const {
    using maker = detail::plugin_maker<T, typename detail::constructor_argument<Args>::type...>;
    using result = detail::call_task_t<std::vector<std::string>, Args&&...>;
    if constexpr (detail::check_plugin<T, Args...>())
      return result(change_plugin(detail::plugin_name<T>(), detail::place_of_plugin<T>,
                                  detail::bind_call(maker{}, std::forward<Args>(arguments)...)));
    else
      return result();
  }
  /// `client.register_plugin("database", "db://prices")`: the same by the name under which the workers' program, or a
  /// library that they have loaded, exports it (export_plugin.hpp); this program need not have it. The argument types
  /// are exactly those that it was exported with. The scheduler's: `register_plugin<scheduler_plugin>("watch", …)`.
  template <class Kind, class Name, class... Args>
    requires(detail::plugin_kind<Kind> && std::convertible_to<Name, std::string>)
  [[nodiscard]] auto register_plugin(Name&& exported, Args&&... arguments) const {
    static_assert(!(detail::holds_futures<std::decay_t<Args>> || ...), "await the future, and pass its value");
    using result = detail::call_task_t<std::vector<std::string>, Args&&...>;
    std::string name(std::forward<Name>(exported));
    constexpr auto place = detail::place_of_plugin<Kind>;
    auto call = detail::bind_named_call<typename detail::made_by_maker<Kind>::type>(detail::maker_name(place, name),
                                                                                    std::forward<Args>(arguments)...);
    return result(change_plugin(std::move(name), place, std::move(call)));
  }
  template <class Name, class... Args>
    requires std::convertible_to<Name, std::string>
  [[nodiscard]] auto register_plugin(Name&& exported, Args&&... arguments) const {
    return register_plugin<worker_plugin>(std::forward<Name>(exported), std::forward<Args>(arguments)...);
  }
  /// Tears it down, everywhere; tasks that have it keep the object. Fails where none is registered.
  template <class T>
    requires(!detail::plugin_kind<T>)
  [[nodiscard]] task<std::vector<std::string>> unregister_plugin() const {
    return change_plugin(detail::plugin_name<T>(), detail::place_of_plugin<T>, {});
  }
  /// The one that was registered by this name.
  template <class Kind = worker_plugin>
    requires detail::plugin_kind<Kind>
  [[nodiscard]] task<std::vector<std::string>> unregister_plugin(std::string exported) const {
    return change_plugin(std::move(exported), detail::place_of_plugin<Kind>, {});
  }

  /// `auto events = co_await client.events();` then `auto event = co_await events.next();`: what happens in the cluster
  /// from now on, to the tasks of all clients. Who is more than `behind` turns of the scheduler late loses the oldest;
  /// the scheduler never waits.
  [[nodiscard]] task<event_stream> events(std::size_t behind = 1000) const;

  // See coordination.hpp.
  [[nodiscard]] remote_lock lock(std::string name) const { return semaphore(std::move(name), 1); }
  /// Several locks, taken all at once.
  [[nodiscard]] remote_lock multi_lock(std::vector<std::string> names) const { return {self_, std::move(names), 1}; }
  [[nodiscard]] remote_lock semaphore(std::string name, std::uint64_t leases) const {
    return {self_, {std::move(name)}, leases};
  }
  [[nodiscard]] remote_event event(std::string name) const { return {self_, std::move(name)}; }
  /// Of any number of items, or at most `limit`.
  template <class T>
  [[nodiscard]] remote_queue<T> queue(std::string name, std::size_t limit = 0) const {
    return {self_, std::move(name), limit};
  }
  template <class T>
  [[nodiscard]] remote_variable<T> variable(std::string name) const {
    return {self_, std::move(name)};
  }
  template <class T>
  [[nodiscard]] troupe::topic<T> topic(std::string name) const {
    return {self_, std::move(name)};
  }

 protected:
  control_client() = default;
  detail::client_handle self_;

 private:
  template <class Callable, class... Args>
  [[nodiscard]] auto run_there(Callable callable, Args&&... arguments) const {
    using value = detail::call_value<Callable>;
    using result = detail::call_task_t<value, Args&&...>;
    static_assert(!(detail::holds_futures<std::decay_t<Args>> || ...), "await the future, and pass its value");
    if constexpr (detail::check_call<Callable, Args...>())
      return result(detail::read_result<value>(
          call_scheduler(detail::bind_call(std::move(callable), std::forward<Args>(arguments)...))));
    else
      return result();
  }
  [[nodiscard]] task<detail::value_ptr> call_scheduler(detail::bound_call what) const;
  /// Without a call: unregisters.
  [[nodiscard]] task<std::vector<std::string>> change_plugin(std::string name, detail::plugin_place of,
                                                             detail::bound_call what) const;
};

}  // namespace troupe
