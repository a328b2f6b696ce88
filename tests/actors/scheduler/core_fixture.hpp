#pragma once

#include <troupe/actors/scheduler/core.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::test {

using namespace troupe::detail;

inline std::size_t in(scheduler_core const& core, task_stage stage) {
  return core.statistics().tasks_in[static_cast<std::size_t>(stage)];
}

/// A scheduler core that gets every event twice and is validated each time. What the second time would have done to the
/// state is an error; what the first wanted done can be asked for by type.
class core_fixture {
 public:
  /// Gives nothing ahead, so that a test sees when a task becomes ready.
  explicit core_fixture(scheduler_options options = {})
      : core([&] {
          options.give_ahead = false;
          return options;
        }()) {}
  struct ahead {};
  explicit core_fixture(ahead, scheduler_options options = {}) : core(options) {}

  void handle(scheduler_event const& event) {
    actions.clear();
    core.handle(event, actions);
    core.validate();
    auto once = core.statistics();
    std::vector<scheduler_action> again;
    core.handle(event, again);
    core.validate();
    auto twice = core.statistics();
    CHECK(once.transitions == twice.transitions);
    CHECK(once.tasks_in == twice.tasks_in);
    CHECK(once.references == twice.references);
    CHECK(once.copies == twice.copies);
    CHECK(once.payloads == twice.payloads);
    CHECK(once.workers == twice.workers);
    CHECK(once.clients == twice.clients);
    for (auto const& action : again) {
      CHECK_FALSE(std::holds_alternative<by_scheduler::compute>(action));
      CHECK_FALSE(std::holds_alternative<by_scheduler::task_finished>(action));
      CHECK_FALSE(std::holds_alternative<by_scheduler::task_erred>(action));
      CHECK_FALSE(std::holds_alternative<by_scheduler::task_cancelled>(action));
    }
  }

  template <class Action>
  [[nodiscard]] std::vector<Action> all() const {
    std::vector<Action> found;
    for (auto const& action : actions) {
      if (auto const* one = std::get_if<Action>(&action)) found.push_back(*one);
    }
    return found;
  }
  template <class Action>
  [[nodiscard]] Action only() const {
    auto found = all<Action>();
    REQUIRE(found.size() == 1);
    return found.front();
  }
  template <class Action>
  [[nodiscard]] bool none_of() const {
    return all<Action>().empty();
  }

  client_id add_client() {
    handle(to_scheduler::add_client{now, ++sessions, "client"});
    return only<by_scheduler::client_added>().client;
  }
  worker_id add_worker(std::uint32_t nthreads = 1) {
    handle(to_scheduler::add_worker{now, ++sessions, "worker", nthreads, 0});
    return only<by_scheduler::worker_added>().worker;
  }

  worker_id add_worker_at(std::string address, std::uint64_t memory_limit = 0) {
    handle(to_scheduler::add_worker{now, ++sessions, "worker", 1, memory_limit, std::move(address)});
    return only<by_scheduler::worker_added>().worker;
  }

  /// A task with its reference's index as payload.
  static submitted_task task(std::uint32_t index, std::initializer_list<std::uint32_t> deps = {}) {
    submitted_task t;
    t.ref = {index, 1};
    t.payload = {index + 1000};
    for (auto dep : deps) t.deps.push_back({{dep, 1}, false});
    return t;
  }
  void submit(client_id client, std::vector<submitted_task> tasks) {
    handle(to_scheduler::submit{now, client, std::move(tasks)});
  }
  void release(client_id client, std::vector<std::uint32_t> indices) {
    to_scheduler::release event{now, client, {}};
    for (auto index : indices) event.refs.push_back({index, 1});
    handle(event);
  }
  void cancel(client_id client, std::vector<std::uint32_t> indices) {
    to_scheduler::cancel event{now, client, {}};
    for (auto index : indices) event.refs.push_back({index, 1});
    handle(event);
  }
  void done(by_scheduler::compute const& what, std::uint64_t nbytes = 8, duration took = std::chrono::milliseconds(1)) {
    worker_report report;
    report.done.push_back({what.order.task, what.order.attempt, nbytes, now, now + took});
    handle(to_scheduler::report{now, what.worker, report});
  }
  void failed(by_scheduler::compute const& what, std::uint64_t error, bool retryable = true) {
    worker_report report;
    report.failed.push_back({what.order.task, what.order.attempt, {error}, retryable, now, now});
    handle(to_scheduler::report{now, what.worker, report});
  }
  void ended_cancelled(by_scheduler::compute const& what, bool started) {
    worker_report report;
    report.cancelled.push_back({what.order.task, what.order.attempt, started});
    handle(to_scheduler::report{now, what.worker, report});
  }
  void suspended(by_scheduler::compute const& what) {
    worker_report report;
    report.suspended.push_back({what.order.task, what.order.attempt});
    handle(to_scheduler::report{now, what.worker, report});
  }
  void replica(worker_id worker, task_id task, std::uint64_t nbytes = 8) {
    worker_report report;
    report.replicas.push_back({task, nbytes});
    handle(to_scheduler::report{now, worker, report});
  }
  void transferred(worker_id to, worker_id from, std::uint64_t nbytes, duration took) {
    worker_report report;
    report.transfers.push_back({from, nbytes, took});
    handle(to_scheduler::report{now, to, report});
  }
  void missing(by_scheduler::compute const& what, task_id dep, worker_id asked) {
    worker_report report;
    missing_item item;
    item.task = what.order.task;
    item.attempt = what.order.attempt;
    item.dependency = dep;
    item.asked[item.asked_count++] = asked;
    report.missing.push_back(item);
    handle(to_scheduler::report{now, what.worker, report});
  }
  void unreadable(by_scheduler::compute const& what, task_id dep, std::uint64_t error) {
    worker_report report;
    report.unreadable.push_back({what.order.task, what.order.attempt, dep, "cannot encode it", {error}});
    handle(to_scheduler::report{now, what.worker, report});
  }
  void remove_worker(worker_id worker) { handle(to_scheduler::remove_worker{now, worker}); }
  void check_empty() const {
    auto left = core.statistics();
    CHECK(left.tasks == 0);
    CHECK(left.payloads == 0);
    CHECK(left.errors == 0);
    CHECK(left.dependencies == 0);
    CHECK(left.copies == 0);
    CHECK(left.references == 0);
  }

  scheduler_core core;
  std::vector<scheduler_action> actions;
  time_point now{std::chrono::seconds(100)};
  std::uint64_t sessions = 0;
};

using compute = by_scheduler::compute;
using stop_task = by_scheduler::stop_task;
using free_data = by_scheduler::free_data;
using drop_payloads = by_scheduler::drop_payloads;
using drop_errors = by_scheduler::drop_errors;
using task_finished = by_scheduler::task_finished;
using task_erred = by_scheduler::task_erred;
using task_cancelled = by_scheduler::task_cancelled;

}  // namespace troupe::test
