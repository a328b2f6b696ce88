#include "core_fixture.hpp"

#include <algorithm>

using namespace troupe;
using namespace troupe::test;

TEST_CASE("a queued task whose last future goes is never run") {
  core_fixture f;
  auto client = f.add_client();
  f.submit(client, {f.task(0), f.task(1, {0})});
  f.release(client, {0});
  CHECK(f.core.statistics().tasks == 2);
  f.release(client, {1});
  CHECK(f.only<drop_payloads>().payloads.size() == 2);
  f.check_empty();
}

TEST_CASE("a running task whose last future goes may end, then it is forgotten") {
  core_fixture f;
  auto client = f.add_client();
  auto worker = f.add_worker();
  f.submit(client, {f.task(0)});
  auto run = f.only<compute>();
  f.release(client, {0});
  CHECK(f.only<stop_task>().order.only_if_unstarted);
  SECTION("it had begun") {
    f.done(run);
    CHECK(f.none_of<task_finished>());
    CHECK(f.only<free_data>().worker == worker);
  }
  SECTION("it had not begun") {
    f.ended_cancelled(run, false);
    CHECK(f.none_of<free_data>());
  }
  SECTION("it fails") {
    f.failed(run, 5);
    CHECK(f.only<drop_errors>().errors == std::vector<payload_id>{{5}});
  }
  f.check_empty();
}

TEST_CASE("cancel tells everybody at once and asks the worker to stop") {
  core_fixture f;
  auto one = f.add_client();
  auto two = f.add_client();
  f.add_worker();
  auto keyed = f.task(0);
  keyed.key = std::string("k");
  f.submit(one, {keyed});
  auto run = f.only<compute>();
  f.submit(two, {keyed});
  f.cancel(two, {0});
  CHECK(f.all<task_cancelled>().size() == 2);
  auto stop = f.only<stop_task>();
  CHECK(stop.order.attempt == run.order.attempt);
  CHECK_FALSE(stop.order.only_if_unstarted);

  SECTION("the thread counts as busy until the function returns") {
    f.submit(one, {f.task(1), f.task(2)});
    CHECK(f.all<compute>().size() == 1);
    f.done(run);
    CHECK(f.only<compute>().order.payload == payload_id{1002});
    CHECK(f.only<free_data>().tasks == std::vector<task_id>{run.order.task});
  }
  SECTION("the key is free for a new task") {
    keyed.ref = {9, 1};
    f.submit(one, {keyed});
    CHECK(f.all<compute>().size() == 1);
  }
  SECTION("the task is forgotten when it is released and its attempt has ended") {
    f.release(one, {0});
    f.release(two, {0});
    CHECK(f.core.statistics().tasks == 1);
    f.ended_cancelled(run, true);
    f.check_empty();
  }
}

TEST_CASE("cancelling a task cancels what depends on it, however deep") {
  core_fixture f;
  auto client = f.add_client();
  f.submit(client, {f.task(0), f.task(1, {0}), f.task(2, {1}), f.task(3)});
  f.cancel(client, {0});
  auto told = f.all<task_cancelled>();
  REQUIRE(told.size() == 3);
  CHECK(told[0].reason == cancel_reason::requested);
  CHECK(told[2].reason == cancel_reason::dependency);
  CHECK(in(f.core, task_stage::queued) == 1);
  SECTION("and what is submitted later") {
    f.submit(client, {f.task(4, {2})});
    CHECK(f.only<task_cancelled>().reason == cancel_reason::dependency);
  }
}

TEST_CASE("cancelling a finished or failed task changes nothing") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker(2);
  f.submit(client, {f.task(0), f.task(1)});
  auto runs = f.all<compute>();
  f.done(runs[0]);
  f.failed(runs[1], 5);
  f.cancel(client, {0, 1});
  CHECK(f.actions.empty());
}

TEST_CASE("a cancelled task takes along the children that only it holds") {
  core_fixture f;
  auto client = f.add_client();
  auto other = f.add_client();
  f.add_worker(1);
  f.submit(client, {f.task(0)});
  auto parent = f.only<compute>();
  auto child = [&](std::uint32_t index, std::initializer_list<std::uint32_t> deps = {}) {
    auto t = f.task(index, deps);
    t.parent = submitted_parent{parent.order.task, parent.order.attempt};
    return t;
  };
  auto shared = child(3);
  shared.key = std::string("shared");
  f.submit(client, {child(1), child(2, {1}), shared, child(4)});
  auto foreign = f.task(0);
  foreign.key = std::string("shared");
  f.submit(other, {foreign});
  f.submit(client, {f.task(5, {4})});
  auto handed_over = child(7);
  handed_over.key = std::string("handed over");
  f.submit(client, {handed_over});
  auto taken_over = f.task(1);
  taken_over.key = std::string("handed over");
  f.submit(other, {taken_over});
  f.release(client, {7});
  f.cancel(client, {0});

  std::vector<std::uint32_t> cancelled;
  for (auto const& told : f.all<task_cancelled>()) cancelled.push_back(told.ref.index);
  std::sort(cancelled.begin(), cancelled.end());
  // 3 is wanted by another client, what was 7 by another alone, 4 by a task that is no child.
  CHECK(cancelled == std::vector<std::uint32_t>{0, 1, 2});

  SECTION("and those it submits while it ends") {
    f.submit(client, {child(6)});
    CHECK(f.only<task_cancelled>().reason == cancel_reason::parent);
  }
}

TEST_CASE("a function that says it was cancelled cancels its task") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker();
  f.submit(client, {f.task(0), f.task(1, {0})});
  f.ended_cancelled(f.only<compute>(), true);
  auto told = f.all<task_cancelled>();
  REQUIRE(told.size() == 2);
  CHECK(told[0].reason == cancel_reason::function);
  CHECK(told[1].reason == cancel_reason::dependency);
}

TEST_CASE("a task that a worker gives back unbegun runs again as the same attempt number") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker();
  f.submit(client, {f.task(0)});
  auto run = f.only<compute>();
  f.ended_cancelled(run, false);
  auto again = f.only<compute>();
  CHECK(again.order.attempt != run.order.attempt);
  CHECK(again.order.attempt_number == 1);
}

TEST_CASE("a task whose deadline passes is cancelled, whether it waits or runs") {
  using namespace std::chrono_literals;
  core_fixture f;
  auto client = f.add_client();
  f.add_worker();
  auto first = f.task(0);
  first.deadline = f.now + 20ms;
  auto second = f.task(1, {0});
  second.deadline = f.now + 10ms;
  f.submit(client, {first, second});
  auto run = f.only<compute>();
  CHECK(f.core.next_deadline() == f.now + 10ms);
  f.handle(to_scheduler::tick{f.now + 9ms});
  CHECK(f.none_of<task_cancelled>());
  f.handle(to_scheduler::tick{f.now + 10ms});
  CHECK(f.only<task_cancelled>().reason == cancel_reason::deadline);
  CHECK(f.core.next_deadline() == f.now + 20ms);

  SECTION("a finished task has no deadline") {
    f.done(run);
    CHECK_FALSE(f.core.next_deadline().has_value());
  }
  SECTION("a running one is asked to stop") {
    f.handle(to_scheduler::tick{f.now + 1s});
    CHECK(f.only<stop_task>().order.attempt == run.order.attempt);
    CHECK_FALSE(f.core.next_deadline().has_value());
  }
}

TEST_CASE("a task that is submitted after its deadline is not given to a worker") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker();
  auto late = f.task(0);
  late.deadline = f.now;
  f.submit(client, {late, f.task(1, {0})});
  CHECK(f.none_of<compute>());
  CHECK(f.all<task_cancelled>().size() == 2);
  CHECK_FALSE(f.core.next_deadline().has_value());
}
