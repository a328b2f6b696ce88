#pragma once

#include <troupe/actors/worker/core.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace troupe::test {

using namespace troupe::detail;

/// A worker core that gets every event twice and is validated each time; the second time must change and start nothing.
class worker_fixture {
 public:
  void handle(worker_event const& event) {
    actions.clear();
    core.handle(event, actions);
    core.validate();
    auto once = core.statistics();
    std::vector<worker_action> again;
    core.handle(event, again);
    core.validate();
    auto twice = core.statistics();
    CHECK(once.waiting == twice.waiting);
    CHECK(once.handed_out == twice.handed_out);
    CHECK(once.suspended == twice.suspended);
    CHECK(once.stored == twice.stored);
    CHECK(once.fetching == twice.fetching);
    CHECK(once.to_fetch == twice.to_fetch);
    for (auto const& action : again) {
      CHECK_FALSE(std::holds_alternative<by_worker::run>(action));
      CHECK_FALSE(std::holds_alternative<by_worker::fetch>(action));
      CHECK_FALSE(std::holds_alternative<by_worker::report>(action));
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
  [[nodiscard]] worker_report reported() const { return only<by_worker::report>().items; }

  static dependency dep(std::uint32_t task, std::initializer_list<std::uint32_t> holders, std::uint64_t nbytes = 10) {
    dependency d;
    d.task = {task, 1};
    d.nbytes = nbytes;
    for (auto holder : holders) d.holders[d.holder_count++] = {holder};
    return d;
  }
  compute_order order(std::uint32_t task, std::vector<dependency> deps = {}) {
    compute_order o;
    o.task = {task, 1};
    o.attempt = {++attempts};
    o.payload = {task + 1000};
    o.deps = std::move(deps);
    return o;
  }
  void compute(std::vector<compute_order> orders) { handle(to_worker::compute{{}, std::move(orders)}); }
  void executed(compute_order const& what, run_outcome outcome = run_outcome::done, std::uint64_t nbytes = 8) {
    executed_item item;
    item.task = what.task;
    item.attempt = what.attempt;
    item.outcome = outcome;
    item.nbytes = nbytes;
    if (outcome == run_outcome::failed) item.error = {9};
    handle(to_worker::executed{{}, {item}});
  }
  void stop(compute_order const& what, bool only_if_unstarted = false) {
    handle(to_worker::stop{{}, {{what.task, what.attempt, only_if_unstarted}}});
  }
  void fetched(std::uint32_t from, std::uint32_t task) { handle(to_worker::fetched{{}, {from}, {{{task, 1}, 10}}}); }
  void fetch_failed(std::uint32_t from, std::uint32_t task) {
    handle(to_worker::fetch_failed{{}, {from}, {{task, 1}}});
  }
  void fetch_refused(std::uint32_t from, std::uint32_t task, std::string const& problem) {
    handle(to_worker::fetch_refused{{}, {from}, {{{task, 1}, problem}}});
  }
  void free_data(std::uint32_t task) { handle(to_worker::free_data{{}, {{task, 1}}}); }

  explicit worker_fixture(worker_options const& options = {}) : core(worker_id{0}, options) {}

  worker_core core;
  std::vector<worker_action> actions;
  std::uint64_t attempts = 0;
};

}  // namespace troupe::test
