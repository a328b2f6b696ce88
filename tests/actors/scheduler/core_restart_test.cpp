#include "core_fixture.hpp"

#include <algorithm>

using namespace troupe;
using namespace troupe::test;

namespace {

scheduler_options with_lineage() {
  scheduler_options options;
  options.keep_lineage = true;
  return options;
}

void restart_all(core_fixture& f) { f.handle(to_scheduler::restart{f.now}); }

/// How many references were told that theirs was cancelled, all of them by the restart.
std::size_t told_of_restart(core_fixture const& f) {
  auto told = f.all<task_cancelled>();
  CHECK(std::all_of(told.begin(), told.end(), [](auto const& t) { return t.reason == cancel_reason::restarted; }));
  return told.size();
}

}  // namespace

TEST_CASE("a restart cancels what waits, what is queued and what runs, and asks that to stop") {
  core_fixture f;
  auto client = f.add_client();
  auto worker = f.add_worker();
  f.submit(client, {f.task(0), f.task(1), f.task(2), f.task(3, {2})});
  auto runs = f.all<compute>();
  REQUIRE(runs.size() == 2);
  restart_all(f);
  CHECK(told_of_restart(f) == 4);
  auto stops = f.all<stop_task>();
  REQUIRE(stops.size() == 2);
  for (auto const& stop : stops) {
    CHECK(stop.worker == worker);
    CHECK_FALSE(stop.order.only_if_unstarted);
  }
  CHECK(f.only<drop_payloads>().payloads.size() == 4);
  CHECK(in(f.core, task_stage::cancelled) == 4);

  f.done(runs[0]);
  CHECK(f.only<free_data>().tasks == std::vector<task_id>{runs[0].order.task});
  f.ended_cancelled(runs[1], true);
  f.release(client, {0, 1, 2, 3});
  f.check_empty();
}

TEST_CASE("a restart forgets results and failures for every client, whoever holds them") {
  core_fixture f;
  auto one = f.add_client();
  auto two = f.add_client();
  auto worker = f.add_worker();
  auto other = f.add_worker();
  auto named = f.task(0);
  named.key = "result";
  f.submit(one, {named});
  auto run = f.only<compute>();
  f.submit(two, {named});
  f.done(run, 100);
  f.replica(run.worker == worker ? other : worker, run.order.task);
  f.submit(one, {f.task(1), f.task(2)});
  auto failing = f.all<compute>();
  f.failed(failing[0], 7);
  f.done(failing[1]);

  restart_all(f);
  CHECK(told_of_restart(f) == 4);
  CHECK(f.all<free_data>().size() == 2);
  CHECK(f.core.statistics().copies == 0);
  CHECK(f.core.statistics().stored_bytes == 0);
  CHECK(f.only<drop_errors>().errors == std::vector<payload_id>{{7}});

  SECTION("a key is free for a new task") {
    named.ref = {5, 1};
    f.submit(one, {named});
    CHECK(f.only<compute>().order.attempt_number == 1);
  }
  SECTION("references are released as any other") {
    f.release(one, {0, 1, 2});
    f.release(two, {0});
    f.check_empty();
  }
  SECTION("what is submitted with one of them is cancelled") {
    f.submit(one, {f.task(5, {2})});
    CHECK(f.only<task_cancelled>().reason == cancel_reason::dependency);
  }
  SECTION("a second restart has nobody to tell") {
    restart_all(f);
    CHECK(told_of_restart(f) == 0);
  }
}

TEST_CASE("a restart forgets what was kept to compute results again") {
  core_fixture f(with_lineage());
  auto client = f.add_client();
  f.add_worker();
  f.submit(client, {f.task(0), f.task(1, {0}), f.task(2, {1})});
  f.done(f.only<compute>());
  f.done(f.only<compute>());
  f.release(client, {0});
  CHECK(in(f.core, task_stage::released) == 1);
  restart_all(f);
  CHECK(told_of_restart(f) == 2);
  CHECK(f.core.statistics().dependencies == 0);
  CHECK(f.core.statistics().payloads == 0);
  CHECK(in(f.core, task_stage::released) == 0);
}

TEST_CASE("after a restart workers run what is new, once what they ran has ended") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker();
  f.submit(client, {f.task(0), f.task(1)});
  auto runs = f.all<compute>();
  restart_all(f);
  f.submit(client, {f.task(2), f.task(3)});
  CHECK(f.none_of<compute>());
  f.ended_cancelled(runs[0], false);
  auto next = f.only<compute>();
  f.done(next);
  CHECK(f.only<task_finished>().ref == client_ref{2, 1});
}

TEST_CASE("what a task submits after a restart that cancelled it is cancelled, too") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker();
  f.submit(client, {f.task(0)});
  auto run = f.only<compute>();
  restart_all(f);
  auto child = f.task(1);
  child.parent = {run.order.task, run.order.attempt};
  f.submit(client, {child});
  CHECK(f.only<task_cancelled>().reason == cancel_reason::parent);
}

TEST_CASE("a copy that arrives after a restart is freed") {
  core_fixture f;
  auto client = f.add_client();
  auto worker = f.add_worker();
  auto other = f.add_worker();
  f.submit(client, {f.task(0)});
  auto run = f.only<compute>();
  f.done(run);
  restart_all(f);
  auto elsewhere = run.worker == worker ? other : worker;
  f.replica(elsewhere, run.order.task);
  CHECK(f.only<free_data>().worker == elsewhere);
}
