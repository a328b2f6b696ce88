#include "core_fixture.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace troupe;
using namespace troupe::test;

/// Handles of actors in results, and in values that lie with the scheduler, which keep those actors as long as somebody
/// may read them.
namespace {

struct handles_fixture : core_fixture {
  handles_fixture() : core_fixture(scheduler_options{.keep_lineage = true}) {
    client = add_client();
    first = add_worker();
    second = add_worker();
  }
  /// An actor on the first worker, as the task of this index; its key is `actor-<index>`.
  task_id make(std::uint32_t index, std::uint32_t restarts = 0, std::vector<submitted_dep> deps = {}) {
    auto made = task(index);
    made.restarts = restarts;
    made.workers = {first};
    made.key = "actor-" + std::to_string(index);
    made.deps = std::move(deps);
    submit(client, {made});
    auto run = only<compute>();
    done(run);
    return run.order.task;
  }
  static submitted_dep handle_of(std::uint32_t actor) { return {{actor, 1}, false, true}; }
  /// A task on the second worker.
  compute begin(std::uint32_t index) {
    auto made = task(index);
    made.workers = {second};
    submit(client, {made});
    return only<compute>();
  }
  void done_with(compute const& what, std::vector<std::string> actors) {
    worker_report report;
    report.handles.push_back({what.order.task, what.order.attempt, std::move(actors)});
    report.done.push_back({what.order.task, what.order.attempt, 8, now, now});
    handle(to_scheduler::report{now, what.worker, report});
  }
  void note_snapshot(task_id actor, std::vector<std::string> handles) {
    handle(to_scheduler::note_snapshot{now, actor, std::move(handles)});
  }
  void keep_for(std::uint64_t value, std::vector<std::string> handles) {
    handle(to_scheduler::keep_for_value{now, value, std::move(handles)});
  }
  void drop(std::vector<std::uint64_t> values) { handle(to_scheduler::drop_values{now, std::move(values)}); }
  /// What the first worker is told to free.
  [[nodiscard]] std::vector<task_id> freed() const {
    std::vector<task_id> tasks;
    for (auto const& action : all<free_data>())
      if (action.worker == first) tasks.insert(tasks.end(), action.tasks.begin(), action.tasks.end());
    return tasks;
  }

  client_id client;
  worker_id first, second;
};

}  // namespace

TEST_CASE("a result keeps the actors whose handles are in it until nobody wants it") {
  handles_fixture f;
  auto actor = f.make(0);
  auto other = f.make(1);
  f.done_with(f.begin(2), {"actor-0", "actor-1"});
  f.release(f.client, {0, 1});
  CHECK(f.freed().empty());
  f.release(f.client, {2});
  CHECK(f.freed().size() == 2);
  CHECK_FALSE(f.core.data(actor));
  CHECK_FALSE(f.core.data(other));
  f.check_empty();
}

TEST_CASE("an actor that is in two results goes with the last of them") {
  handles_fixture f;
  auto actor = f.make(0);
  f.done_with(f.begin(1), {"actor-0"});
  f.done_with(f.begin(2), {"actor-0"});
  f.release(f.client, {0});
  f.release(f.client, {1});
  CHECK(f.freed().empty());
  f.release(f.client, {2});
  CHECK(f.freed() == std::vector<task_id>{actor});
  f.check_empty();
}

TEST_CASE("whoever had the handle of an actor that is in a result may be gone") {
  handles_fixture f;
  auto actor = f.make(0);
  auto reader = f.add_client();
  f.submit(reader, {f.task(0)});
  f.done_with(f.only<compute>(), {"actor-0"});
  f.handle(to_scheduler::remove_client{f.now, f.client});
  CHECK(f.freed().empty());
  f.handle(to_scheduler::remove_client{f.now, reader});
  auto freed = f.freed();
  CHECK(std::find(freed.begin(), freed.end(), actor) != freed.end());
  f.check_empty();
}

TEST_CASE("an actor whose handle is in a result that is lost is kept, while that is made anew and after") {
  handles_fixture f;
  auto actor = f.make(0);
  f.handle(to_scheduler::retire{f.now, f.first});
  f.submit(f.client, {f.task(1)});
  auto run = f.only<compute>();
  REQUIRE(run.worker == f.second);
  f.done_with(run, {"actor-0"});
  f.release(f.client, {0});
  f.add_worker();
  f.remove_worker(f.second);
  auto anew = f.only<compute>();
  CHECK(f.freed().empty());
  f.done(anew);
  CHECK(f.freed().empty());
  f.release(f.client, {1});
  CHECK(f.freed() == std::vector<task_id>{actor});
  f.check_empty();
}

TEST_CASE("handles that are in scattered data count as long as it is there") {
  handles_fixture f;
  auto actor = f.make(0);
  auto data = f.task(1);
  data.once = true;
  data.workers = {f.second};
  data.deps.push_back(f.handle_of(0));
  f.submit(f.client, {data});
  f.done(f.only<compute>());
  f.release(f.client, {0});
  CHECK(f.freed().empty());
  f.release(f.client, {1});
  CHECK(f.freed() == std::vector<task_id>{actor});
  f.check_empty();
}

TEST_CASE("what an actor was made from is kept as long as it may be made anew") {
  handles_fixture f;
  auto part = f.make(0);
  f.make(1, 1, {f.handle_of(0)});
  auto other = f.make(2);
  f.make(3, 0, {f.handle_of(2)});
  f.release(f.client, {2});
  CHECK(f.freed() == std::vector<task_id>{other});
  f.release(f.client, {0});
  CHECK(f.freed().empty());
  f.release(f.client, {1});
  auto freed = f.freed();
  CHECK(std::find(freed.begin(), freed.end(), part) != freed.end());
  f.release(f.client, {3});
  f.check_empty();
}

TEST_CASE("an actor's last snapshot keeps the actors whose handles are in it") {
  handles_fixture f;
  auto keeper = f.make(0, 1);
  auto former = f.make(1);
  auto latter = f.make(2);
  f.note_snapshot(keeper, {"actor-1", "actor-0"});
  f.release(f.client, {1, 2});
  CHECK(f.freed() == std::vector<task_id>{latter});
  f.make(3);
  f.note_snapshot(keeper, {"actor-1", "actor-3"});
  CHECK(f.freed().empty());
  f.note_snapshot(keeper, {"actor-3"});
  CHECK(f.freed() == std::vector<task_id>{former});
  f.release(f.client, {3});
  CHECK(f.freed().empty());
  f.release(f.client, {0});
  CHECK(f.freed().size() == 2);
  f.check_empty();
}

TEST_CASE("handles of actors that are gone, of other tasks and from late attempts keep nobody") {
  handles_fixture f;
  auto actor = f.make(0);
  auto plain = f.task(1);
  plain.key = "plain";
  f.submit(f.client, {plain});
  f.done(f.only<compute>());
  f.done_with(f.begin(2), {"plain", "never there"});
  auto late = f.begin(3);
  f.cancel(f.client, {3});
  f.done_with(late, {"actor-0"});
  f.release(f.client, {0});
  CHECK(f.freed() == std::vector<task_id>{actor});
  f.release(f.client, {1, 2, 3});
  f.check_empty();
}

TEST_CASE("a restart of the cluster ends results and the actors that they kept") {
  handles_fixture f;
  f.make(0);
  f.done_with(f.begin(1), {"actor-0"});
  f.release(f.client, {0});
  f.handle(to_scheduler::restart{f.now});
  f.release(f.client, {1});
  f.check_empty();
}

TEST_CASE("a value that lies with the scheduler keeps the actors whose handles are in it, whoever put it") {
  handles_fixture f;
  auto actor = f.make(0);
  auto other = f.make(1);
  f.keep_for(1, {"actor-0", "actor-0", "actor-1"});
  f.keep_for(2, {"actor-0"});
  f.handle(to_scheduler::remove_client{f.now, f.client});
  CHECK(f.freed().empty());
  f.drop({1});
  CHECK(f.freed() == std::vector<task_id>{other});
  f.drop({1, 3});
  CHECK(f.freed().empty());
  f.drop({2});
  CHECK(f.freed() == std::vector<task_id>{actor});
  f.check_empty();
}

TEST_CASE("whoever takes a value holds its actors before that lets go of them") {
  handles_fixture f;
  auto actor = f.make(0);
  f.keep_for(1, {"actor-0"});
  f.release(f.client, {0});
  auto taker = f.add_client();
  auto same = f.task(0);
  same.key = "actor-0";
  f.submit(taker, {same});
  CHECK(f.only<task_finished>().task == actor);
  f.drop({1});
  CHECK(f.freed().empty());
  f.release(taker, {0});
  CHECK(f.freed() == std::vector<task_id>{actor});
  f.check_empty();
}

TEST_CASE("values with handles of actors that are gone, or of other tasks, keep nobody") {
  handles_fixture f;
  auto plain = f.task(0);
  plain.key = "plain";
  f.submit(f.client, {plain});
  f.done(f.only<compute>());
  f.keep_for(1, {"plain", "never there"});
  f.keep_for(2, {});
  f.release(f.client, {0});
  f.check_empty();
  f.drop({1, 2});
}

TEST_CASE("an actor whose handle is in a value is made anew while nobody else has one, and its failure is kept, too") {
  handles_fixture f;
  auto mortal = f.make(0);
  f.handle(to_scheduler::retire{f.now, f.second});
  auto lasting = f.task(1);
  lasting.key = "actor-1";
  lasting.restarts = 1;
  f.submit(f.client, {lasting});
  auto run = f.only<compute>();
  f.done(run);
  f.keep_for(1, {"actor-0", "actor-1"});
  f.release(f.client, {0, 1});
  f.handle(to_scheduler::retire{f.now, f.second, false});
  f.remove_worker(f.first);
  f.done(f.only<compute>());
  CHECK(f.core.data(run.order.task)->workers == std::vector<worker_id>{f.second});
  auto taker = f.add_client();
  auto dead = f.task(0);
  dead.key = "actor-0";
  f.submit(taker, {dead});
  CHECK(f.only<task_erred>().task == mortal);
  f.release(taker, {0});
  f.drop({1});
  f.check_empty();
}

TEST_CASE("an actor that the task made which put its handle into a value outlives the end of that task") {
  handles_fixture f;
  auto parent = f.task(0);
  parent.workers = {f.second};
  f.submit(f.client, {parent});
  auto run = f.only<compute>();
  auto child = f.task(1);
  child.key = "actor-1";
  child.restarts = 0;
  child.workers = {f.first};
  child.parent = submitted_parent{run.order.task, run.order.attempt};
  f.submit(f.client, {child});
  f.keep_for(1, {"actor-1"});
  f.cancel(f.client, {0});
  auto made = f.core.data(f.core.find(f.client, {1, 1}));
  REQUIRE(made);
  CHECK(made->stage == task_stage::processing);
  f.drop({1});
}

TEST_CASE("a restart of the cluster ends the actors that values keep, and the values stay") {
  handles_fixture f;
  f.make(0);
  f.keep_for(1, {"actor-0"});
  f.release(f.client, {0});
  f.handle(to_scheduler::restart{f.now});
  f.check_empty();
  f.drop({1});
  f.check_empty();
}
