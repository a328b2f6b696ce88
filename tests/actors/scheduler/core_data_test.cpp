#include "core_fixture.hpp"

#include <algorithm>
#include <map>

using namespace troupe;
using namespace troupe::test;

/// Data that is put on workers, copied, dropped and looked for.
namespace {

submitted_task aside(std::uint32_t index, std::vector<worker_id> workers = {},
                     std::initializer_list<std::uint32_t> deps = {}) {
  auto task = core_fixture::task(index, deps);
  task.workers = std::move(workers);
  task.aside = true;
  return task;
}

struct data_fixture : core_fixture {
  /// A finished task, on this worker.
  task_id put(client_id client, std::uint32_t index, worker_id worker, std::uint64_t nbytes = 8) {
    submit(client, {aside(index, {worker})});
    auto run = only<compute>();
    done(run, nbytes);
    return run.order.task;
  }
  void drop(task_id task, worker_id worker) { handle(to_scheduler::drop_copy{now, task, worker}); }
  [[nodiscard]] std::vector<worker_id> holders(task_id task) const {
    auto known = core.data(task);
    REQUIRE(known);
    auto found = known->workers;
    std::sort(found.begin(), found.end());
    return found;
  }
};

using holders = std::vector<worker_id>;

}  // namespace

TEST_CASE("a task beside the others begins at once on a full worker, and leaves room for others") {
  core_fixture f;
  auto client = f.add_client();
  auto worker = f.add_worker();
  f.submit(client, {f.task(0), f.task(1), f.task(2)});
  CHECK(f.all<compute>().size() == 2);
  f.submit(client, {aside(3), aside(4)});
  auto runs = f.all<compute>();
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].worker == worker);
  CHECK(runs[0].order.aside);
}

TEST_CASE("tasks beside the others go to the workers in turn, as often as each has threads") {
  core_fixture f;
  auto client = f.add_client();
  auto one = f.add_worker(1);
  auto three = f.add_worker(3);
  std::map<worker_id, int> given;
  for (std::uint32_t i = 0; i < 8; ++i) {
    f.submit(client, {aside(i)});
    ++given[f.only<compute>().worker];
  }
  CHECK(given[one] == 2);
  CHECK(given[three] == 6);
  f.remove_worker(one);
  // What it had was given to the other.
  CHECK(f.all<compute>().size() == 2);
  f.submit(client, {aside(8)});
  CHECK(f.only<compute>().worker == three);
}

TEST_CASE("a task beside the others waits for the first worker, and can be cancelled meanwhile") {
  core_fixture f;
  auto client = f.add_client();
  f.submit(client, {aside(0), aside(1)});
  CHECK(f.none_of<compute>());
  f.cancel(client, {1});
  CHECK(f.only<task_cancelled>().ref.index == 1);
  auto worker = f.add_worker();
  CHECK(f.only<compute>().worker == worker);
  f.release(client, {0, 1});
}

TEST_CASE("where data is: its size, its key, and who holds it") {
  data_fixture f;
  auto client = f.add_client();
  auto first = f.add_worker();
  auto second = f.add_worker();
  auto named = aside(0, {first});
  named.key = "ramp";
  f.submit(client, {named});
  auto run = f.only<compute>();
  auto before = f.core.data(run.order.task);
  REQUIRE(before);
  CHECK(before->stage == task_stage::processing);
  CHECK(before->workers.empty());
  f.done(run, 100);
  f.replica(second, run.order.task);
  auto after = f.core.data(f.core.find(client, {0, 1}));
  REQUIRE(after);
  CHECK(after->task == run.order.task);
  CHECK(after->key == "ramp");
  CHECK(after->nbytes == 100);
  CHECK(after->workers.size() == 2);
  CHECK(f.core.stored_bytes(first) == 100);
  CHECK(f.core.stored_bytes(second) == 100);
  CHECK(f.core.all_data().size() == 1);
}

TEST_CASE("asking for what is not there finds nothing") {
  data_fixture f;
  auto client = f.add_client();
  auto worker = f.add_worker();
  auto task = f.put(client, 0, worker);
  CHECK_FALSE(f.core.find(client, {0, 2}));
  CHECK_FALSE(f.core.find(client, {7, 1}));
  CHECK_FALSE(f.core.find(client_id{9}, {0, 1}));
  CHECK_FALSE(f.core.data(task_id{77, 1}));
  CHECK(f.core.stored_bytes(worker_id{9}) == 0);
  CHECK(f.core.tasks_on(worker_id{9}) == 0);
  f.release(client, {0});
  CHECK_FALSE(f.core.data(task));
  CHECK(f.core.all_data().empty());
  CHECK(f.core.stored_bytes(worker) == 0);
}

TEST_CASE("who refers to a task keeps it, hears how it ends, and may name it") {
  data_fixture f;
  auto maker = f.add_client();
  auto keeper = f.add_client();
  f.add_worker();
  f.submit(maker, {f.task(0)});
  auto run = f.only<compute>();
  f.handle(to_scheduler::refer{f.now, keeper, {5, 1}, run.order.task, "kept"});
  CHECK(f.none_of<task_finished>());
  f.release(maker, {0});
  f.done(run);
  CHECK(f.only<task_finished>().client == keeper);
  CHECK(f.core.data(run.order.task)->key == "kept");

  auto later = f.task(1);
  later.key = "kept";
  f.submit(maker, {later});
  CHECK(f.none_of<compute>());
  CHECK(f.only<task_finished>().task == run.order.task);
  f.release(maker, {1});
  f.release(keeper, {5});
  f.check_empty();
}

TEST_CASE("a name that is taken is not given to another task, nor a second name to one that has one") {
  data_fixture f;
  auto client = f.add_client();
  auto worker = f.add_worker();
  auto first = f.put(client, 0, worker);
  auto second = f.put(client, 1, worker);
  f.handle(to_scheduler::refer{f.now, client, {2, 1}, first, "name"});
  f.handle(to_scheduler::refer{f.now, client, {3, 1}, second, "name"});
  f.handle(to_scheduler::refer{f.now, client, {4, 1}, first, "other"});
  CHECK(f.core.data(first)->key == "name");
  CHECK(f.core.data(second)->key.empty());
  f.release(client, {0, 1, 2, 3, 4});
  f.check_empty();
}

TEST_CASE("a reference to a task that is forgotten, or given up, is cancelled") {
  data_fixture f;
  auto client = f.add_client();
  f.add_worker();
  f.handle(to_scheduler::refer{f.now, client, {0, 1}, task_id{3, 1}, {}});
  CHECK(f.only<task_cancelled>().reason == cancel_reason::bad_reference);
  f.submit(client, {f.task(1)});
  auto run = f.only<compute>();
  f.release(client, {1});
  f.handle(to_scheduler::refer{f.now, client, {2, 1}, run.order.task, {}});
  CHECK(f.only<task_cancelled>().ref.index == 2);
  f.ended_cancelled(run, false);
  f.check_empty();
}

TEST_CASE("a reference to a lost result that can be made again has it made") {
  core_fixture f(scheduler_options{.keep_lineage = true});
  auto client = f.add_client();
  auto first = f.add_worker();
  f.submit(client, {f.task(0), f.task(1, {0})});
  auto root = f.only<compute>();
  f.done(root);
  f.done(f.only<compute>());
  f.release(client, {0});
  CHECK(f.core.data(root.order.task)->stage == task_stage::released);
  f.handle(to_scheduler::refer{f.now, client, {2, 1}, root.order.task, {}});
  CHECK(f.only<compute>().order.task == root.order.task);
  CHECK(f.only<compute>().worker == first);
}

TEST_CASE("a copy is dropped, and clients that knew it learn of another") {
  data_fixture f;
  auto client = f.add_client();
  auto first = f.add_worker();
  auto second = f.add_worker();
  auto third = f.add_worker();
  auto task = f.put(client, 0, first);
  f.replica(second, task);
  f.replica(third, task);
  f.drop(task, third);
  CHECK(f.only<free_data>().worker == third);
  CHECK(f.holders(task) == holders{first, second});
  f.drop(task, first);
  CHECK(f.only<free_data>().worker == first);
  CHECK(f.only<task_finished>().worker == second);
  CHECK(f.core.stored_bytes(first) == 0);
}

TEST_CASE("the last copy is not dropped, nor one that nobody has") {
  data_fixture f;
  auto client = f.add_client();
  auto first = f.add_worker();
  auto second = f.add_worker();
  auto task = f.put(client, 0, first);
  f.drop(task, first);
  f.drop(task, second);
  f.drop(task, worker_id{9});
  f.drop(task_id{9, 9}, first);
  CHECK(f.none_of<free_data>());
  CHECK(f.holders(task) == holders{first});
}

TEST_CASE("no copy is dropped while a task runs that may rely on it") {
  data_fixture f;
  auto client = f.add_client();
  auto first = f.add_worker();
  auto second = f.add_worker();
  auto task = f.put(client, 0, first);
  f.replica(second, task);
  f.submit(client, {f.task(1, {0})});
  auto user = f.only<compute>();
  f.drop(task, first);
  f.drop(task, second);
  CHECK(f.none_of<free_data>());
  f.done(user);
  f.drop(task, first);
  CHECK(f.holders(task) == holders{second});
}

TEST_CASE("a worker that retires gets no more tasks, and ends those it has") {
  data_fixture f;
  auto client = f.add_client();
  auto first = f.add_worker();
  auto second = f.add_worker();
  f.submit(client, {f.task(0)});
  auto run = f.only<compute>();
  CHECK(run.worker == first);
  f.handle(to_scheduler::retire{f.now, first, true});
  CHECK(f.core.tasks_on(first) == 1);
  for (std::uint32_t i = 1; i < 4; ++i) {
    f.submit(client, {aside(i)});
    CHECK(f.only<compute>().worker == second);
  }
  f.submit(client, {f.task(4), f.task(5), f.task(6)});
  for (auto const& given : f.all<compute>()) CHECK(given.worker == second);
  f.submit(client, {aside(7, {first})});
  CHECK(f.only<task_cancelled>().reason == cancel_reason::worker_left);
  f.done(run);
  CHECK(f.core.tasks_on(first) == 0);
  CHECK(f.holders(run.order.task) == holders{first});
}

TEST_CASE("where all workers retire, tasks wait until one stays again") {
  data_fixture f;
  auto client = f.add_client();
  auto worker = f.add_worker();
  f.handle(to_scheduler::retire{f.now, worker, true});
  f.submit(client, {f.task(0), aside(1)});
  CHECK(f.none_of<compute>());
  f.handle(to_scheduler::retire{f.now, worker, false});
  CHECK(f.all<compute>().size() == 2);
  f.handle(to_scheduler::retire{f.now, worker_id{9}, true});
  f.remove_worker(worker);
  f.add_worker();
  CHECK(f.all<compute>().size() == 2);
}
