#include "core_fixture.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

/// A result lies on one worker, which is busy, and a task on another reads it.
struct read_elsewhere : core_fixture {
  explicit read_elsewhere(bool lineage) : core_fixture(scheduler_options{.keep_lineage = lineage}) {
    submit(client, {task(0)});
    first = only<compute>();
    done(first, 8);
    auto busy = task(1);
    busy.function = {1};
    submit(client, {busy});
    auto two = add_worker(1);
    submit(client, {task(2, {0})});
    reader = only<compute>();
    CHECK(reader.worker == two);
  }

  client_id client = add_client();
  worker_id one = add_worker(1);
  compute first, reader;
};

}  // namespace

TEST_CASE("a failed task runs again until its retries are used up") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker();
  auto task = f.task(0);
  task.retries = 2;
  f.submit(client, {task});
  auto run = f.only<compute>();
  CHECK_FALSE(run.order.final_attempt);
  f.failed(run, 1);
  CHECK(f.none_of<task_erred>());
  CHECK(f.only<drop_errors>().errors == std::vector<payload_id>{{1}});
  auto second = f.only<compute>();
  CHECK(second.order.attempt_number == 2);
  CHECK(second.order.attempt > run.order.attempt);
  f.failed(second, 2);
  auto third = f.only<compute>();
  CHECK(third.order.final_attempt);
  SECTION("then it has failed") {
    f.failed(third, 3);
    auto told = f.only<task_erred>();
    CHECK(told.error == payload_id{3});
    CHECK(told.attempt_number == 3);
    CHECK(told.origin == told.task);
    CHECK(f.none_of<drop_errors>());
    CHECK(f.none_of<drop_payloads>());
    f.release(client, {0});
    CHECK(f.only<drop_payloads>().payloads == std::vector<payload_id>{{1000}});
    CHECK(f.only<drop_errors>().errors == std::vector<payload_id>{{3}});
    f.check_empty();
  }
  SECTION("or it succeeds after all") {
    f.done(third);
    CHECK(f.all<task_finished>().size() == 1);
  }
}

TEST_CASE("a failure that cannot be retried is final") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker();
  auto task = f.task(0);
  task.retries = 2;
  f.submit(client, {task});
  f.failed(f.only<compute>(), 1, false);
  CHECK(f.only<task_erred>().attempt_number == 1);
}

TEST_CASE("what depends on a failed task fails with the same error, now and later") {
  core_fixture f;
  auto client = f.add_client();
  auto worker = f.add_worker();
  f.submit(client, {f.task(0), f.task(1, {0}), f.task(2, {1})});
  auto run = f.only<compute>();
  f.failed(run, 7);
  auto told = f.all<task_erred>();
  REQUIRE(told.size() == 3);
  for (auto const& each : told) {
    CHECK(each.error == payload_id{7});
    CHECK(each.origin == run.order.task);
    CHECK(each.worker == worker);
    CHECK(each.cause == error_cause::function);
  }
  f.submit(client, {f.task(3, {2})});
  CHECK(f.only<task_erred>().origin == run.order.task);

  f.release(client, {0, 1, 2});
  CHECK(f.none_of<drop_errors>());
  f.release(client, {3});
  CHECK(f.only<drop_errors>().errors == std::vector<payload_id>{{7}});
  f.check_empty();
}

TEST_CASE("an order-only dependency that fails stops what was to come after it") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker();
  auto after = f.task(1);
  after.deps.push_back({{0, 1}, true});
  f.submit(client, {f.task(0), after});
  f.failed(f.only<compute>(), 7);
  CHECK(f.all<task_erred>().size() == 2);
}

TEST_CASE("a failure of an ended attempt is dropped") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker();
  auto task = f.task(0);
  task.retries = 1;
  f.submit(client, {task});
  auto run = f.only<compute>();
  f.failed(run, 1);
  auto second = f.only<compute>();
  f.failed(run, 9);
  CHECK(f.only<drop_errors>().errors == std::vector<payload_id>{{9}});
  CHECK(f.none_of<task_erred>());
  f.done(second);
  CHECK(f.all<task_finished>().size() == 1);
}

TEST_CASE("tasks of a removed worker go to another") {
  core_fixture f;
  auto client = f.add_client();
  auto one = f.add_worker(1);
  f.submit(client, {f.task(0), f.task(1)});
  CHECK(f.all<compute>().size() == 2);
  auto two = f.add_worker(1);
  f.remove_worker(one);
  auto runs = f.all<compute>();
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].worker == two);
  CHECK(runs[0].order.payload == payload_id{1000});
  CHECK(runs[0].order.attempt_number == 2);
}

TEST_CASE("a report of a removed worker changes nothing") {
  core_fixture f;
  auto client = f.add_client();
  auto one = f.add_worker(1);
  f.submit(client, {f.task(0)});
  auto run = f.only<compute>();
  f.remove_worker(one);
  f.done(run);
  CHECK(f.actions.empty());
  f.failed(run, 4);
  CHECK(f.only<drop_errors>().errors == std::vector<payload_id>{{4}});
  CHECK(in(f.core, task_stage::queued) == 1);
}

TEST_CASE("a cancelled task of a removed worker is over") {
  core_fixture f;
  auto client = f.add_client();
  auto one = f.add_worker(1);
  f.submit(client, {f.task(0)});
  f.cancel(client, {0});
  f.release(client, {0});
  f.remove_worker(one);
  f.check_empty();
}

TEST_CASE("a result that only a removed worker held is lost") {
  core_fixture f;
  auto client = f.add_client();
  auto one = f.add_worker(1);
  f.submit(client, {f.task(0)});
  f.done(f.only<compute>());
  auto two = f.add_worker(1);
  f.submit(client, {f.task(1), f.task(2, {0, 1})});
  f.remove_worker(one);
  auto told = f.all<task_erred>();
  REQUIRE(told.size() == 2);
  CHECK(told[0].cause == error_cause::lost_data);
  CHECK_FALSE(told[0].error);
  CHECK(told[1].origin == told[0].task);
  static_cast<void>(two);
}

TEST_CASE("a result that another worker holds too is not lost") {
  core_fixture f;
  auto client = f.add_client();
  auto one = f.add_worker(1);
  f.submit(client, {f.task(0)});
  auto run = f.only<compute>();
  f.done(run);
  auto two = f.add_worker(1);
  f.replica(two, run.order.task);
  f.remove_worker(one);
  CHECK(f.none_of<task_erred>());
  f.submit(client, {f.task(1, {0})});
  CHECK(f.only<compute>().order.deps[0].holders[0] == two);
}

TEST_CASE("with lineage a lost result is computed again, along a chain of results that were freed") {
  scheduler_options options;
  options.keep_lineage = true;
  core_fixture f(options);
  auto client = f.add_client();
  auto one = f.add_worker(1);
  f.submit(client, {f.task(0), f.task(1, {0}), f.task(2, {1})});
  auto first = f.only<compute>();
  f.release(client, {0, 1});
  f.done(first);
  f.done(f.only<compute>());
  f.done(f.only<compute>());
  CHECK(in(f.core, task_stage::memory) == 1);
  CHECK(in(f.core, task_stage::released) == 2);

  SECTION("again") {
    f.remove_worker(one);
    CHECK(f.none_of<task_erred>());
    f.add_worker(1);
    f.done(f.only<compute>());
    f.done(f.only<compute>());
    CHECK(f.none_of<task_finished>());
    f.done(f.only<compute>());
    CHECK(f.all<task_finished>().size() == 1);
    f.release(client, {2});
    f.check_empty();
  }
  SECTION("nothing is kept when the last future goes") {
    f.release(client, {2});
    f.check_empty();
  }
}

TEST_CASE("a dependency that nobody could give is looked for elsewhere, then made again or lost") {
  auto lineage = GENERATE(false, true);
  read_elsewhere f(lineage);
  f.missing(f.reader, f.first.order.task, f.one);
  // Should the first worker hold it after all, it must not keep it.
  CHECK(f.only<free_data>().worker == f.one);
  if (lineage) {
    auto again = f.only<compute>();
    CHECK(again.order.task == f.first.order.task);
    f.done(again);
    CHECK(f.only<compute>().order.task == f.reader.order.task);
    CHECK(f.only<compute>().order.attempt_number == 1);
  } else {
    auto told = f.all<task_erred>();
    REQUIRE(told.size() == 2);
    CHECK(told[0].cause == error_cause::lost_data);
  }
}

TEST_CASE("whoever missed a result says nothing of the one that was made since") {
  read_elsewhere f(true);
  worker_report report;
  report.lost.push_back({f.first.order.task, {}});
  f.handle(to_scheduler::report{f.now, f.one, report});
  auto again = f.only<compute>();
  CHECK(again.order.task == f.first.order.task);
  f.done(again, 8);
  f.missing(f.reader, f.first.order.task, f.one);
  CHECK(f.none_of<free_data>());
  auto anew = f.only<compute>();
  CHECK(anew.order.task == f.reader.order.task);
  f.done(anew);
  f.release(f.client, {0, 1, 2});
}

TEST_CASE("a key whose lost result nobody waits for any more starts a new task") {
  scheduler_options options;
  options.keep_lineage = true;
  core_fixture f(options);
  auto client = f.add_client();
  auto one = f.add_worker(1);
  auto keyed = f.task(0);
  keyed.key = std::string("k");
  f.submit(client, {keyed, f.task(1, {0})});
  f.done(f.only<compute>());
  auto reader = f.only<compute>();
  f.done(reader);
  auto two = f.add_worker(1);
  f.replica(two, reader.order.task);
  std::vector<submitted_task> busy;
  for (std::uint32_t i = 2; i < 6; ++i) {
    busy.push_back(f.task(i));
    busy.back().function = {1};
  }
  f.submit(client, busy);
  f.remove_worker(one);
  CHECK(in(f.core, task_stage::queued) == 3);
  f.release(client, {0});
  CHECK(in(f.core, task_stage::released) == 1);
  keyed.ref = {9, 1};
  keyed.payload = {77};
  f.submit(client, {keyed});
  CHECK(in(f.core, task_stage::queued) == 3);
  CHECK(f.none_of<drop_payloads>());
}

TEST_CASE("a task that was running when too many workers were lost fails, with what depends on it") {
  scheduler_options options;
  options.keep_lineage = GENERATE(false, true);
  options.allowed_failures = 2;
  core_fixture f(options);
  auto client = f.add_client();
  auto worker = f.add_worker(1);
  f.submit(client, {f.task(0), f.task(1), f.task(2, {0})});
  auto runs = f.all<compute>();
  REQUIRE(runs.size() == 2);
  for (int i = 0; i < 2; ++i) {
    auto next = f.add_worker(1);
    f.remove_worker(worker);
    CHECK(f.none_of<task_erred>());
    worker = next;
  }
  f.remove_worker(worker);
  auto told = f.all<task_erred>();
  REQUIRE(told.size() == 2);
  CHECK(told[0].cause == error_cause::lost_workers);
  CHECK(told[0].worker == worker);
  CHECK(told[1].origin == told[0].task);
  // The other one was only waiting for a thread.
  f.add_worker(1);
  CHECK(f.only<compute>().order.task == runs[1].order.task);
  f.done(f.only<compute>());
  f.release(client, {0, 1, 2});
  f.check_empty();
}

TEST_CASE("a worker that leaves in order is no reason to suspect its tasks") {
  scheduler_options options;
  options.allowed_failures = 0;
  core_fixture f(options);
  auto client = f.add_client();
  auto worker = f.add_worker(1);
  f.submit(client, {f.task(0)});
  f.handle(to_scheduler::retire{f.now, worker});
  f.remove_worker(worker);
  CHECK(f.none_of<task_erred>());
  f.add_worker(1);
  CHECK(f.only<compute>().order.attempt_number == 2);
}

TEST_CASE("with lineage, too, a value that was put there is lost with its worker") {
  scheduler_options options;
  options.keep_lineage = true;
  core_fixture f(options);
  auto client = f.add_client();
  auto worker = f.add_worker(1);
  auto put = f.task(0);
  put.aside = put.once = true;
  f.submit(client, {put});
  auto run = f.only<compute>();
  CHECK(run.order.final_attempt);
  f.done(run);
  CHECK(f.only<drop_payloads>().payloads.size() == 1);
  f.submit(client, {f.task(1, {0})});
  f.remove_worker(worker);
  auto told = f.all<task_erred>();
  REQUIRE(told.size() == 2);
  CHECK(told[0].cause == error_cause::lost_data);
  f.release(client, {0, 1});
  f.check_empty();
}

TEST_CASE("a task whose dependency nobody can give, however often it is made, fails in the end") {
  scheduler_options options;
  options.keep_lineage = true;
  core_fixture f(options);
  auto client = f.add_client();
  auto holder = f.add_worker(1);
  f.submit(client, {f.task(0)});
  f.done(f.only<compute>());
  auto reader = f.task(1, {0});
  int rounds = 0;
  f.submit(client, {reader});
  for (; f.none_of<task_erred>() && rounds < 10'000; ++rounds) {
    auto order = f.only<compute>();
    if (order.order.deps.empty())
      f.done(order);
    else
      f.missing(order, order.order.deps[0].task, holder);
  }
  CHECK(rounds > 10);
  CHECK(f.only<task_erred>().cause == error_cause::lost_data);
}

TEST_CASE("counts beyond what a message holds are not believed") {
  core_fixture f;
  auto client = f.add_client();
  auto one = f.add_worker(1);
  f.submit(client, {f.task(0)});
  f.done(f.only<compute>());
  auto two = f.add_worker(1);
  f.submit(client, {f.task(1), f.task(2, {0})});
  for (auto const& order : f.all<compute>()) {
    if (order.order.deps.empty()) continue;
    worker_report report;
    missing_item item;
    item.task = order.order.task;
    item.attempt = order.order.attempt;
    item.dependency = order.order.deps[0].task;
    item.asked[0] = one;
    item.asked_count = 255;
    report.missing.push_back(item);
    f.handle(to_scheduler::report{f.now, order.worker, report});
  }
  CHECK(f.core.statistics().copies <= 1);
  static_cast<void>(two);
}

TEST_CASE("a task that takes what its holder cannot give fails at once, and the value stays") {
  core_fixture f;
  auto client = f.add_client();
  auto holder = f.add_worker();
  auto other = f.add_worker();
  f.submit(client, {f.task(0)});
  auto made = f.only<compute>();
  REQUIRE(made.worker == holder);
  f.done(made);
  auto taker = f.task(1, {0});
  taker.retries = 3;
  taker.workers = {other};
  f.submit(client, {taker, f.task(2, {1})});
  auto run = f.only<compute>();
  f.unreadable(run, made.order.task, 7);
  auto told = f.all<task_erred>();
  REQUIRE(told.size() == 2);
  for (auto const& t : told) {
    CHECK(t.error == payload_id{7});
    CHECK(t.origin == run.order.task);
  }
  CHECK(f.none_of<free_data>());
  CHECK(f.core.statistics().copies == 1);

  SECTION("who runs where it lies can take it") {
    auto there = f.task(3, {0});
    there.workers = {holder};
    f.submit(client, {there});
    auto next = f.only<compute>();
    REQUIRE(next.order.deps.size() == 1);
    CHECK(next.order.deps[0].holders[0] == holder);
  }
  SECTION("the error goes with the tasks that failed") {
    f.release(client, {1, 2});
    CHECK(f.only<drop_errors>().errors == std::vector<payload_id>{{7}});
  }
  SECTION("a late word of it changes nothing") {
    f.unreadable(run, made.order.task, 8);
    CHECK(f.none_of<task_erred>());
    CHECK(f.only<drop_errors>().errors == std::vector<payload_id>{{8}});
  }
}
