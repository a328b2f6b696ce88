#pragma once

#include <troupe/actors/client/data_types.hpp>
#include <troupe/futures/clock.hpp>
#include <troupe/futures/future.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

namespace troupe {

/// How a task is to be run. Given to a client, which gives it to all that is submitted through it:
/// `client.with(task_options{}.retries(2)).submit<f>(x)`.
class task_options {
 public:
  /// Names the task. Tasks of equal keys are one: the later submit gets the result of the earlier, and fails where it
  /// is a call of another function or with other arguments (where both can travel; futures count by the keys
  /// that they were given). With map, the key is a prefix: "key-0", "key-1", …
  task_options& key(std::string name) {
    key_ = std::move(name);
    return *this;
  }
  /// The function gives the same for equal arguments, so equal calls of it are one task, whoever submits them: its key
  /// is made of its name and of what the arguments are when they travel. Futures among them count by their keys: equal
  /// only where these are given or pure, too. For arguments whose order is left open (unordered_map), equal ones may
  /// count as different.
  task_options& pure(bool on = true) noexcept {
    pure_ = on;
    return *this;
  }
  /// Larger is more important; 0 unless said otherwise.
  task_options& priority(std::int32_t value) noexcept {
    priority_ = value;
    return *this;
  }
  /// Executions after a failed one. A cancelled task is not tried again.
  task_options& retries(std::uint32_t times) noexcept {
    retries_ = times;
    return *this;
  }
  /// While the task runs for much longer than its function does on average (three times as long, and 100 ms), and a
  /// worker has nothing to do, it is run there, too. The first result counts; the other execution is asked to stop. One
  /// that fails while the other runs has not been. For functions that may run twice at a time: each execution gets a
  /// copy of what it takes by value, and its attempt() is a number of its own. No effect on actors.
  task_options& speculate(bool on = true) noexcept {
    speculate_ = on;
    return *this;
  }
  /// The task is cancelled (reason "deadline") if it has not ended by then: a running function is asked to stop.
  task_options& deadline(time_point when) noexcept {
    deadline_ = when;
    return *this;
  }
  /// Runs after these have finished, without taking their values. Their failure or cancellation is the task's, too.
  template <class First, class... More>
  task_options& after(future<First> const& first, future<More> const&... more) {
    after_.emplace_back(detail::future_access::state(first));
    (after_.emplace_back(detail::future_access::state(more)), ...);
    return *this;
  }
  template <std::ranges::input_range Futures>
    requires(detail::is_future<std::ranges::range_value_t<Futures>>::value)
  task_options& after(Futures const& futures) {
    for (auto const& f : futures) after_.emplace_back(detail::future_access::state(f));
    return *this;
  }
  /// Runs on a worker only that has so much of a resource free (`GPU`, `MEM`: names that workers were given), and holds
  /// it until it ends; task_context::resource says which. Waits until then: see client::explain. Throws error for an
  /// amount that is not above 0.
  task_options& resource(std::string const& name, double amount = 1);
  /// Runs on these workers only, called by name, address or host; waits for one to come where none is there, unless
  /// others are allowed then.
  task_options& workers(worker_list which, bool allow_other = false) {
    workers_ = std::move(which).names();
    allow_other_ = allow_other;
    return *this;
  }
  /// map hands its tasks over in portions of this many; 0, as unless said otherwise: of as many as pays.
  task_options& batch_size(std::size_t tasks) noexcept {
    batch_size_ = tasks;
    return *this;
  }

  /// What `inner` says, and where it says nothing (a setting is as it was made) what this one does. Resources are those
  /// of both, in the amounts of `inner` where both name one; so is what it runs after.
  [[nodiscard]] task_options with(task_options const& inner) const;

  [[nodiscard]] std::string const& key() const noexcept { return key_; }
  [[nodiscard]] bool pure() const noexcept { return pure_; }
  [[nodiscard]] std::int32_t priority() const noexcept { return priority_; }
  [[nodiscard]] std::uint32_t retries() const noexcept { return retries_; }
  [[nodiscard]] bool speculates() const noexcept { return speculate_; }
  [[nodiscard]] std::optional<time_point> const& deadline() const noexcept { return deadline_; }
  [[nodiscard]] std::vector<detail::any_future> const& after() const noexcept { return after_; }
  [[nodiscard]] std::map<std::string, double> const& resources() const noexcept { return resources_; }
  [[nodiscard]] std::vector<std::string> const& workers() const noexcept { return workers_; }
  [[nodiscard]] bool allows_other() const noexcept { return allow_other_; }
  [[nodiscard]] std::size_t batch_size() const noexcept { return batch_size_; }

  /// Whether they say the same; futures to run after are the same where they are of one task, in one order.
  friend bool operator==(task_options const& a, task_options const& b) noexcept;

 private:
  std::string key_;
  bool pure_ = false;
  std::int32_t priority_ = 0;
  std::uint32_t retries_ = 0;
  bool speculate_ = false;
  std::optional<time_point> deadline_;
  std::vector<detail::any_future> after_;
  std::size_t batch_size_ = 0;
  std::map<std::string, double> resources_;
  std::vector<std::string> workers_;
  bool allow_other_ = false;
};

}  // namespace troupe
