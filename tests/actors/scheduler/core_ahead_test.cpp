#include "core_fixture.hpp"
#include "timed_cluster.hpp"

#include <catch2/catch.hpp>

#include <utility>
#include <vector>

namespace {

using namespace troupe;
using namespace troupe::detail;
using namespace troupe::test;
using namespace std::chrono_literals;

/// A chain of calls, each of which takes what the one before made.
duration time_of_chain(bool give_ahead, std::size_t workers) {
  scheduler_options options;
  options.give_ahead = give_ahead;
  timed_cluster cluster(options);
  for (std::size_t i = 0; i < workers; ++i) cluster.add_worker(1);
  auto client = cluster.add_client();
  std::vector<std::pair<timed_call, std::vector<std::uint32_t>>> calls{{timed_call{10us, 8}, {}}};
  for (std::uint32_t i = 1; i < 1000; ++i) calls.push_back({timed_call{10us, 8}, {i - 1}});
  cluster.submit(client, calls);
  cluster.run();
  CHECK(cluster.finished() == 1000);
  CHECK(cluster.given_back() == 0);
  cluster.core().validate();
  return cluster.elapsed();
}

/// Rows of cells, each of which takes its three neighbours of the row before.
duration time_of_stencil(bool give_ahead) {
  scheduler_options options;
  options.give_ahead = give_ahead;
  timed_cluster cluster(options);
  cluster.add_worker(2);
  cluster.add_worker(2);
  auto client = cluster.add_client();
  constexpr std::uint32_t width = 4, height = 100;
  std::vector<std::pair<timed_call, std::vector<std::uint32_t>>> calls;
  for (std::uint32_t i = 0; i < width * height; ++i) {
    std::vector<std::uint32_t> deps;
    for (std::uint32_t d = 0; i >= width && d < 3; ++d)
      deps.push_back(i / width * width - width + (i + width + d - 1) % width);
    calls.push_back({timed_call{20us, 8}, deps});
  }
  cluster.submit(client, calls);
  cluster.run();
  CHECK(cluster.finished() == width * height);
  CHECK((cluster.waited_for() > 0) == give_ahead);
  cluster.core().validate();
  return cluster.elapsed();
}

}  // namespace

TEST_CASE("a task is given ahead to the worker that makes most of what it waits for") {
  core_fixture f(core_fixture::ahead{});
  auto client = f.add_client();
  auto one = f.add_worker(2);
  auto two = f.add_worker(1);
  f.submit(client, {f.task(0), f.task(1), f.task(2)});
  auto runs = f.all<compute>();
  REQUIRE(runs.size() == 3);
  std::vector<std::uint32_t> on_one, on_two;
  for (auto const& run : runs)
    (run.worker == one ? on_one : on_two).push_back(static_cast<std::uint32_t>(run.order.payload.value - 1000));
  REQUIRE(on_one.size() == 2);
  f.submit(client, {f.task(3, {on_two[0], on_one[0], on_one[1]})});
  auto ahead = f.only<compute>();
  CHECK(ahead.worker == one);
  REQUIRE(ahead.order.deps.size() == 3);
  for (auto const& dep : ahead.order.deps) {
    CHECK(dep.maker);
    CHECK(dep.holder_count == 1);
  }
  CHECK(ahead.order.deps[0].holders[0] == two);
  CHECK(f.core.explain(ahead.order.task).find("ahead") != std::string::npos);
}

TEST_CASE("what was given ahead needs no further order and counts as work once all it takes is made") {
  core_fixture f(core_fixture::ahead{});
  auto client = f.add_client();
  f.add_worker(1);
  f.submit(client, {f.task(0), f.task(1, {0})});
  auto runs = f.all<compute>();
  REQUIRE(runs.size() == 2);
  f.done(runs[0]);
  CHECK(f.none_of<compute>());
  f.done(runs[1]);
  CHECK(f.only<task_finished>().ref == client_ref{1, 1});
  f.release(client, {0, 1});
  f.check_empty();
}

TEST_CASE("the end of a task may be heard of before that of what it took") {
  core_fixture f(core_fixture::ahead{});
  auto client = f.add_client();
  f.add_worker(1);
  f.submit(client, {f.task(0), f.task(1, {0})});
  auto runs = f.all<compute>();
  REQUIRE(runs.size() == 2);
  SECTION("it is done") { f.done(runs[1]); }
  SECTION("it waits for others first") {
    f.suspended(runs[1]);
    f.done(runs[1]);
  }
  f.done(runs[0]);
  CHECK(in(f.core, task_stage::memory) == 2);
  f.release(client, {0, 1});
  f.check_empty();
}

TEST_CASE("a worker is given few tasks of unknown length ahead, and more when these begin") {
  core_fixture f(core_fixture::ahead{});
  auto client = f.add_client();
  f.add_worker(1);
  f.submit(client, {f.task(0), f.task(1, {0}), f.task(2, {1}), f.task(3, {2})});
  auto runs = f.all<compute>();
  REQUIRE(runs.size() == 2);
  f.done(runs[0], 8, 1s);
  auto next = f.only<compute>();
  CHECK(next.order.payload == payload_id{1002});
}

TEST_CASE("nothing is given ahead while something is ready") {
  core_fixture f(core_fixture::ahead{});
  auto client = f.add_client();
  f.add_worker(1);
  f.submit(client, {f.task(0), f.task(1), f.task(2), f.task(3, {0})});
  CHECK(f.all<compute>().size() == 2);
  CHECK(in(f.core, task_stage::waiting) == 1);
}

TEST_CASE("a task that may have its argument to itself waits until its owner has let go of it") {
  core_fixture f(core_fixture::ahead{});
  auto client = f.add_client();
  f.add_worker(1);
  auto taker = f.task(1, {0});
  taker.moves_inputs = true;
  f.submit(client, {f.task(0), taker});
  auto first = f.only<compute>();
  f.release(client, {0});
  auto ahead = f.only<compute>();
  REQUIRE(ahead.order.deps.size() == 1);
  CHECK(ahead.order.deps[0].last_use);
  CHECK(ahead.order.deps[0].maker == first.order.attempt);
  f.done(first);
  f.done(ahead);
  f.release(client, {1});
  f.check_empty();
}

TEST_CASE("a task that came back because something was not made stays here until all of it is") {
  core_fixture f(core_fixture::ahead{});
  auto client = f.add_client();
  auto worker = f.add_worker(1);
  f.submit(client, {f.task(0), f.task(1, {0})});
  auto runs = f.all<compute>();
  REQUIRE(runs.size() == 2);

  SECTION("it failed, and fails what waited for it") {
    f.failed(runs[0], 7);
    CHECK(f.only<task_erred>().ref == client_ref{0, 1});
    f.missing(runs[1], runs[0].order.task, worker);
    auto erred = f.only<task_erred>();
    CHECK(erred.ref == client_ref{1, 1});
    CHECK(erred.error == payload_id{7});
    CHECK(erred.origin == runs[0].order.task);
  }
  SECTION("it was given back and runs again") {
    f.ended_cancelled(runs[0], false);
    auto again = f.only<compute>();
    CHECK(again.order.task == runs[0].order.task);
    f.missing(runs[1], runs[0].order.task, worker);
    CHECK(f.none_of<compute>());
    f.done(again);
    CHECK(f.only<compute>().order.task == runs[1].order.task);
  }
  SECTION("its worker was lost") {
    auto other = f.add_worker(1);
    f.remove_worker(worker);
    auto again = f.all<compute>();
    REQUIRE(again.size() == 2);
    CHECK(again[0].worker == other);
    CHECK(again[0].order.task == runs[0].order.task);
    CHECK(again[1].order.deps[0].maker == again[0].order.attempt);
  }
  SECTION("it was cancelled, and what waited for it is") {
    f.cancel(client, {0});
    CHECK(f.all<stop_task>().size() == 2);
    CHECK(f.all<task_cancelled>().size() == 2);
    f.ended_cancelled(runs[1], false);
    f.ended_cancelled(runs[0], true);
    CHECK(f.core.tasks_on(worker) == 0);
  }
  f.release(client, {0, 1});
}

TEST_CASE("a task that takes a large value which another worker makes is not given ahead") {
  core_fixture f(core_fixture::ahead{});
  auto client = f.add_client();
  f.add_worker(1);
  f.add_worker(1);
  f.submit(client, {f.task(0)});
  f.done(f.only<compute>(), std::uint64_t{64} << 20);
  f.submit(client, {f.task(1), f.task(2)});
  auto makers = f.all<compute>();
  REQUIRE(makers.size() == 2);
  REQUIRE(makers[0].worker != makers[1].worker);
  f.submit(client, {f.task(3, {1, 2}), f.task(4, {1})});
  auto ahead = f.only<compute>();
  CHECK(ahead.order.payload == payload_id{1004});
  CHECK(ahead.worker == makers[0].worker);
}

TEST_CASE("tasks that only come after others are not given ahead") {
  core_fixture f(core_fixture::ahead{});
  auto client = f.add_client();
  f.add_worker(1);
  auto after = f.task(1);
  after.deps.push_back({{0, 1}, true});
  f.submit(client, {f.task(0), after});
  CHECK(f.all<compute>().size() == 1);
}

TEST_CASE("a task given ahead is not among the suspects when its worker is lost") {
  scheduler_options options;
  options.allowed_failures = 0;
  options.keep_lineage = true;
  core_fixture f(core_fixture::ahead{}, options);
  auto client = f.add_client();
  auto worker = f.add_worker(2);
  f.submit(client, {f.task(0), f.task(1, {0})});
  REQUIRE(f.all<compute>().size() == 2);
  // With its dependency, not as one that was running.
  f.remove_worker(worker);
  auto erred = f.all<task_erred>();
  REQUIRE(erred.size() == 2);
  CHECK(erred[1].origin == erred[0].origin);
  CHECK(erred[0].origin == erred[0].task);
}

TEST_CASE("given ahead, a chain of short tasks takes little more than the tasks do") {
  CHECK(time_of_chain(true, 1) < 15ms);
  CHECK(time_of_chain(true, 2) < 15ms);
  CHECK(time_of_chain(false, 1) > 100ms);
}

TEST_CASE("given ahead, neighbours on two workers wait for one hop a row") {
  auto with = time_of_stencil(true);
  CHECK(with < 100 * (20us + 50us) + 5ms);
  CHECK(2 * with < time_of_stencil(false));
}
