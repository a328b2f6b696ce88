#include "core_fixture.hpp"

using namespace troupe;
using namespace troupe::test;

/// Tasks that make actors: what they make stays where it is.
namespace {

struct actor_fixture : core_fixture {
  explicit actor_fixture(bool lineage = true) : core_fixture(scheduler_options{.keep_lineage = lineage}) {
    client = add_client();
    first = add_worker();
    second = add_worker();
  }
  /// An actor, as the task of this index, on these workers if there are some.
  task_id make(std::uint32_t index, std::vector<worker_id> workers, std::uint32_t restarts) {
    auto made = task(index);
    made.restarts = restarts;
    made.workers = std::move(workers);
    made.key = "actor-" + std::to_string(index);
    submit(client, {made});
    auto run = only<compute>();
    done(run);
    return run.order.task;
  }
  /// A task that has the handle of an actor among its arguments.
  static submitted_task caller(std::uint32_t index, std::uint32_t actor) {
    auto made = task(index);
    made.deps.push_back({{actor, 1}, false, true});
    return made;
  }

  /// The worker says that the actor has ended there, because it leaves.
  void left(worker_id worker, task_id actor) {
    worker_report report;
    report.left.push_back(actor);
    handle(to_scheduler::report{now, worker, report});
  }

  client_id client;
  worker_id first, second;
};

}  // namespace

TEST_CASE("copies of what an actor's task gave hold nothing, and the actor is no data") {
  actor_fixture f;
  auto actor = f.make(0, {f.first}, 0);
  f.replica(f.second, actor);
  auto freed = f.only<free_data>();
  CHECK(freed.worker == f.second);
  auto known = f.core.data(actor);
  REQUIRE(known);
  CHECK(known->seated);
  CHECK(known->workers == std::vector<worker_id>{f.first});
  CHECK(f.core.all_data().empty());
}

TEST_CASE("a lost actor is made anew as often as it may be, then its clients hear of its end") {
  auto lineage = GENERATE(false, true);
  actor_fixture f(lineage);
  submitted_task made = f.task(0);
  made.restarts = 2;
  f.submit(f.client, {made});
  for (int life = 1; life <= 3; ++life) {
    auto run = f.only<compute>();
    CHECK(run.order.attempt_number == std::uint32_t(life));
    CHECK(run.order.final_attempt == (life == 3));
    f.done(run);
    CHECK(f.only<task_finished>().worker == run.worker);
    f.add_worker();
    f.remove_worker(run.worker);
  }
  CHECK(f.only<task_erred>().cause == error_cause::lost_data);
  CHECK(in(f.core, task_stage::erred) == 1);
  f.release(f.client, {0});
  f.check_empty();
}

TEST_CASE("an actor that may not be made anew is gone with its worker, with and without lineage") {
  auto lineage = GENERATE(false, true);
  actor_fixture f(lineage);
  auto actor = f.make(0, {f.first}, 0);
  f.remove_worker(f.first);
  auto end = f.only<task_erred>();
  CHECK(end.task == actor);
  CHECK(end.cause == error_cause::lost_data);
  f.release(f.client, {0});
  f.check_empty();
}

TEST_CASE("a task with a handle keeps the actor until it has ended, and takes nothing from it") {
  actor_fixture f;
  auto actor = f.make(0, {f.first}, 0);
  f.submit(f.client, {f.caller(1, 0)});
  auto run = f.only<compute>();
  CHECK(run.order.deps.empty());
  f.release(f.client, {0});
  CHECK(f.none_of<free_data>());
  f.done(run);
  auto freed = f.only<free_data>();
  CHECK(freed.worker == f.first);
  CHECK(freed.tasks == std::vector<task_id>{actor});
  f.release(f.client, {1});
  f.check_empty();
}

TEST_CASE("a task with a handle waits while the actor is made anew, and fails with it") {
  actor_fixture f;
  f.remove_worker(f.second);
  f.make(0, {}, 1);
  f.make(2, {}, 0);
  f.add_worker();
  f.remove_worker(f.first);
  auto anew = f.only<compute>();
  CHECK(f.only<task_erred>().ref.index == 2);
  f.submit(f.client, {f.caller(1, 0), f.caller(3, 2)});
  CHECK(f.none_of<compute>());
  CHECK(f.only<task_erred>().ref.index == 3);
  f.done(anew);
  CHECK(f.only<compute>().order.task == f.core.find(f.client, {1, 1}));
}

TEST_CASE("with lineage, what an actor was called for does not bring it back") {
  actor_fixture f;
  f.make(0, {f.first}, 3);
  f.submit(f.client, {f.caller(1, 0)});
  auto run = f.only<compute>();
  f.done(run);
  f.release(f.client, {0});
  CHECK(f.only<free_data>().worker == f.first);
  CHECK(f.core.statistics().tasks == 1);
  f.remove_worker(run.worker);
  CHECK(f.only<compute>().order.deps.empty());
}

TEST_CASE(
    "an actor whose worker leaves in order is made anew before that has left, and has as many restarts as before") {
  actor_fixture f;
  auto actor = f.make(0, {}, 1);
  auto at = f.core.data(actor)->workers.front();
  auto other = at == f.first ? f.second : f.first;
  f.handle(to_scheduler::retire{f.now, at});
  f.left(at, actor);
  auto second = f.only<compute>();
  CHECK(second.worker == other);
  CHECK_FALSE(second.order.final_attempt);
  f.done(second);
  CHECK(f.only<task_finished>().worker == other);
  f.remove_worker(at);
  CHECK(f.none_of<compute>());

  auto spare = f.add_worker();
  f.remove_worker(other);
  auto third = f.only<compute>();
  CHECK(third.worker == spare);
  CHECK(third.order.final_attempt);
  f.done(third);
  f.add_worker();
  f.remove_worker(spare);
  CHECK(f.only<task_erred>().cause == error_cause::lost_data);
}

TEST_CASE("a worker that is removed while it retires uses up no restart") {
  actor_fixture f;
  auto actor = f.make(0, {}, 1);
  auto at = f.core.data(actor)->workers.front();
  f.handle(to_scheduler::retire{f.now, at});
  f.remove_worker(at);
  auto second = f.only<compute>();
  f.done(second);
  f.add_worker();
  f.remove_worker(second.worker);
  CHECK(f.only<compute>().order.task == actor);
}

TEST_CASE("an actor that may not be made anew is gone when it has ended, before its worker has left") {
  actor_fixture f;
  auto actor = f.make(0, {f.first}, 0);
  f.handle(to_scheduler::retire{f.now, f.first});
  f.left(f.first, actor);
  auto end = f.only<task_erred>();
  CHECK(end.cause == error_cause::lost_data);
  CHECK(end.worker == f.first);
  f.release(f.client, {0});
  f.check_empty();
}

TEST_CASE("who says of an actor that is elsewhere, of a result or of nothing that it has left changes nothing") {
  actor_fixture f;
  auto actor = f.make(0, {f.first}, 1);
  f.left(f.second, actor);
  CHECK(f.actions.empty());
  f.submit(f.client, {f.task(1)});
  auto run = f.only<compute>();
  f.done(run);
  f.left(run.worker, run.order.task);
  CHECK(f.actions.empty());
  f.left(f.first, {77, 1});
  CHECK(f.actions.empty());
  CHECK(in(f.core, task_stage::memory) == 2);
}

TEST_CASE("what is kept of an actor is dropped when nobody wants it any more") {
  actor_fixture f;
  auto actor = f.make(0, {f.first}, 1);
  f.submit(f.client, {f.task(1)});
  f.done(f.only<compute>());
  f.release(f.client, {1});
  CHECK(f.none_of<by_scheduler::drop_snapshot>());
  f.remove_worker(f.first);
  CHECK(f.none_of<by_scheduler::drop_snapshot>());
  f.release(f.client, {0});
  CHECK(f.only<by_scheduler::drop_snapshot>().actor == actor);
}

TEST_CASE("the key of an actor that has ended is free for another, for who makes one") {
  actor_fixture f;
  auto other = f.add_client();
  auto named = [](std::uint32_t index, std::optional<std::uint32_t> restarts) {
    auto made = actor_fixture::task(index);
    made.key = "the one";
    made.restarts = restarts;
    return made;
  };
  f.submit(f.client, {named(0, 0)});
  auto run = f.only<compute>();
  SECTION("its constructor threw") { f.failed(run, 7, false); }
  SECTION("it was lost") {
    f.done(run);
    f.remove_worker(run.worker);
  }
  SECTION("it was stopped") {
    f.done(run);
    f.handle(to_scheduler::note_stop{f.now, run.order.task});
    f.handle(to_scheduler::note_stop{f.now, {77, 1}});
  }
  auto before = f.core.statistics().tasks;
  f.submit(other, {named(0, std::nullopt)});
  CHECK(f.core.statistics().tasks == before);
  f.submit(other, {named(1, 0)});
  CHECK(f.core.statistics().tasks == before + 1);
  f.submit(f.client, {named(2, 0)});
  CHECK(f.core.statistics().tasks == before + 1);
  CHECK(f.core.find(f.client, {2, 1}) == f.core.find(other, {1, 1}));
  f.release(f.client, {0});
  f.submit(f.client, {named(3, 0)});
  CHECK(f.core.find(f.client, {3, 1}) == f.core.find(other, {1, 1}));
}
