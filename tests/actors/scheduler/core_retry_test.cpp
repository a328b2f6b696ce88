#include "core_fixture.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

void retry(core_fixture& f, client_id client, std::uint32_t of, std::uint32_t as) {
  f.handle(to_scheduler::retry{f.now, client, {{{as, 1}, {of, 1}}}});
}

void keep(core_fixture& f, client_id client, std::uint32_t index) {
  f.handle(to_scheduler::keep{f.now, client, {{index, 1}}});
}

}  // namespace

TEST_CASE("a failed task that is retried runs again with its call, and counts on") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker();
  f.submit(client, {f.task(0)});
  f.failed(f.only<by_scheduler::compute>(), 7);
  CHECK(in(f.core, task_stage::erred) == 1);
  retry(f, client, 0, 1);
  auto again = f.only<by_scheduler::compute>();
  CHECK(again.order.payload == payload_id{1000});
  CHECK(again.order.attempt_number == 2);
  CHECK(f.only<by_scheduler::drop_errors>().errors.size() == 1);
  f.done(again);
  auto told = f.all<by_scheduler::task_finished>();
  CHECK(told.size() == 2);
  f.release(client, {0, 1});
  f.check_empty();
}

TEST_CASE("a task that failed with another one is retried with it, and no other is") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker();
  f.submit(client, {f.task(0), f.task(1, {0}), f.task(2, {0})});
  f.failed(f.only<by_scheduler::compute>(), 7);
  CHECK(in(f.core, task_stage::erred) == 3);
  retry(f, client, 1, 3);
  CHECK(in(f.core, task_stage::erred) == 1);
  f.done(f.only<by_scheduler::compute>());
  auto second = f.only<by_scheduler::compute>();
  CHECK(second.order.payload == payload_id{1001});
  REQUIRE(second.order.deps.size() == 1);
  f.done(second);
  CHECK(in(f.core, task_stage::memory) == 2);
  f.release(client, {0, 1, 2, 3});
  f.check_empty();
}

TEST_CASE("what a failed task depends on is not kept for a retry, but computed again where calls are kept") {
  auto lineage = GENERATE(true, false);
  scheduler_options options;
  options.keep_lineage = lineage;
  core_fixture f(options);
  auto client = f.add_client();
  f.add_worker();
  f.submit(client, {f.task(0), f.task(1, {0})});
  f.done(f.only<by_scheduler::compute>());
  auto second = f.only<by_scheduler::compute>();
  f.release(client, {0});
  f.failed(second, 7);
  CHECK(f.core.statistics().copies == 0);
  retry(f, client, 1, 2);
  if (lineage) {
    f.done(f.only<by_scheduler::compute>());
    f.done(f.only<by_scheduler::compute>());
    CHECK(in(f.core, task_stage::memory) == 1);
  } else {
    auto told = f.all<by_scheduler::task_erred>();
    REQUIRE(told.size() == 2);
    CHECK(told.front().cause == error_cause::lost_data);
  }
  f.release(client, {1, 2});
  f.check_empty();
}

TEST_CASE("a call that was used up is not run again") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker();
  f.submit(client, {f.task(0)});
  f.failed(f.only<by_scheduler::compute>(), 7, false);
  retry(f, client, 0, 1);
  CHECK(f.none_of<by_scheduler::compute>());
  auto told = f.only<by_scheduler::task_erred>();
  CHECK(told.ref == client_ref{1, 1});
  CHECK(told.error == payload_id{7});
  f.release(client, {0, 1});
  f.check_empty();
}

TEST_CASE("retrying what has not failed gives another reference to it") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker();
  f.submit(client, {f.task(0)});
  auto run = f.only<by_scheduler::compute>();
  retry(f, client, 0, 1);
  CHECK(f.none_of<by_scheduler::compute>());
  f.done(run);
  CHECK(f.all<by_scheduler::task_finished>().size() == 2);
  retry(f, client, 1, 2);
  CHECK(f.only<by_scheduler::task_finished>().ref == client_ref{2, 1});
  retry(f, client, 9, 3);
  CHECK(f.only<by_scheduler::task_cancelled>().reason == cancel_reason::bad_reference);
  f.release(client, {0, 1, 2, 3});
  f.check_empty();
}

TEST_CASE("what was submitted after a failure takes all it depends on along when it is retried") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker(2);
  f.submit(client, {f.task(0), f.task(1)});
  auto runs = f.all<by_scheduler::compute>();
  f.failed(runs[0], 7);
  f.submit(client, {f.task(2, {0, 1})});
  CHECK(f.only<by_scheduler::task_erred>().ref == client_ref{2, 1});
  retry(f, client, 2, 3);
  f.done(f.only<by_scheduler::compute>());
  f.done(runs[1]);
  CHECK(f.only<by_scheduler::compute>().order.deps.size() == 2);
  f.release(client, {0, 1, 2, 3});
}

TEST_CASE("a kept task runs though its client has left, and nothing of it stays") {
  core_fixture f;
  auto client = f.add_client();
  f.submit(client, {f.task(0), f.task(1)});
  keep(f, client, 0);
  f.handle(to_scheduler::remove_client{f.now, client});
  CHECK(f.core.statistics().tasks == 1);
  f.add_worker();
  auto run = f.only<by_scheduler::compute>();
  CHECK(run.order.payload == payload_id{1000});
  f.done(run);
  f.check_empty();
}

TEST_CASE("a kept task that fails, or is cancelled, is forgotten") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker();
  f.submit(client, {f.task(0)});
  auto run = f.only<by_scheduler::compute>();
  keep(f, client, 0);
  f.release(client, {0});
  CHECK(f.none_of<by_scheduler::stop_task>());
  f.failed(run, 7);
  f.check_empty();
  f.submit(client, {f.task(1)});
  run = f.only<by_scheduler::compute>();
  keep(f, client, 1);
  f.cancel(client, {1});
  f.release(client, {1});
  f.ended_cancelled(run, true);
  f.check_empty();
}

TEST_CASE("a task that failed with one input runs with all of them when it is retried, or is cancelled with another") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker();
  f.submit(client, {f.task(0), f.task(1)});
  auto runs = f.all<by_scheduler::compute>();
  f.failed(runs.at(0), 7);
  f.cancel(client, {1});
  f.submit(client, {f.task(2, {0, 1})});
  CHECK(f.only<by_scheduler::task_erred>().ref == client_ref{2, 1});
  retry(f, client, 2, 3);
  auto cancelled = f.all<by_scheduler::task_cancelled>();
  REQUIRE(cancelled.size() == 2);
  CHECK(cancelled[0].reason == cancel_reason::dependency);
}
