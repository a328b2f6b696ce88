#include "core_fixture.hpp"

#include <set>
#include <string>

using namespace troupe;
using namespace troupe::test;

namespace {

std::vector<submitted_task> tasks(std::uint32_t first, std::uint32_t count) {
  std::vector<submitted_task> result;
  for (auto i = first; i < first + count; ++i) result.push_back(core_fixture::task(i));
  return result;
}

}  // namespace

TEST_CASE("more important tasks go first, equal ones in the order of submission") {
  core_fixture f;
  auto client = f.add_client();
  auto batch = tasks(0, 4);
  batch[2].priority = 5;
  batch[3].priority = -1;
  f.submit(client, batch);
  f.add_worker(4);
  std::vector<std::uint64_t> order;
  for (auto const& run : f.all<compute>()) order.push_back(run.order.payload.value);
  CHECK(order == std::vector<std::uint64_t>{1002, 1000, 1001, 1003});
}

TEST_CASE("a task that became ready late still goes before what was submitted after it") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker(1);
  f.submit(client, {f.task(0), f.task(1), f.task(2, {0}), f.task(3), f.task(4)});
  auto runs = f.all<compute>();
  REQUIRE(runs.size() == 2);
  f.done(runs[0], 8, std::chrono::seconds(1));
  CHECK(f.only<compute>().order.payload == payload_id{1002});
}

TEST_CASE("tasks of unknown duration are given out two per thread, evenly") {
  core_fixture f;
  auto client = f.add_client();
  auto small = f.add_worker(1);
  auto large = f.add_worker(3);
  f.submit(client, tasks(0, 20));
  std::size_t to_small = 0;
  std::size_t to_large = 0;
  for (auto const& run : f.all<compute>()) ++(run.worker == small ? to_small : to_large);
  CHECK(to_small == 2);
  CHECK(to_large == 6);
  static_cast<void>(large);
}

TEST_CASE("tasks measured as short are given ahead, as much as the worker does in a few milliseconds") {
  scheduler_options options;
  options.work_ahead = std::chrono::milliseconds(3);
  core_fixture f(options);
  auto client = f.add_client();
  f.add_worker(1);
  f.submit(client, tasks(0, 1));
  f.done(f.only<compute>(), 8, std::chrono::microseconds(100));
  f.submit(client, tasks(1, 100));
  CHECK(f.all<compute>().size() == 30);
}

TEST_CASE("no worker is given more than the limit, however short the tasks") {
  scheduler_options options;
  options.window_limit = 50;
  core_fixture f(options);
  auto client = f.add_client();
  f.add_worker(1);
  f.submit(client, tasks(0, 1));
  f.done(f.only<compute>(), 8, std::chrono::nanoseconds(1));
  f.submit(client, tasks(1, 100));
  CHECK(f.all<compute>().size() == 50);
}

TEST_CASE("tasks of a long function are not given ahead because another function is short") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker(1);
  f.submit(client, tasks(0, 1));
  f.done(f.only<compute>(), 8, std::chrono::microseconds(1));
  auto batch = tasks(1, 10);
  for (auto& task : batch) task.function = {1};
  f.submit(client, batch);
  CHECK(f.all<compute>().size() == 2);
}

TEST_CASE("a task goes where its large dependency lies") {
  core_fixture f;
  auto client = f.add_client();
  auto one = f.add_worker(1);
  auto two = f.add_worker(1);
  f.submit(client, tasks(0, 2));
  auto runs = f.all<compute>();
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].worker == one);
  CHECK(runs[1].worker == two);
  f.done(runs[1], 1'000'000'000);
  f.done(runs[0], 8);
  f.submit(client, {f.task(2, {0, 1})});
  auto run = f.only<compute>();
  CHECK(run.worker == two);
  CHECK(run.order.deps[0].holders[0] == one);
  CHECK(run.order.deps[1].holders[0] == two);
}

TEST_CASE("a small dependency does not hold a task back from an idle worker") {
  core_fixture f;
  auto client = f.add_client();
  auto one = f.add_worker(1);
  auto two = f.add_worker(1);
  f.submit(client, tasks(0, 1));
  f.done(f.only<compute>(), 8);
  auto busy = f.task(1);
  busy.function = {1};
  f.submit(client, {busy});
  CHECK(f.only<compute>().worker == one);
  f.submit(client, {f.task(2, {0})});
  CHECK(f.only<compute>().worker == two);
}

TEST_CASE("the only and last reader of a value may move it") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker(1);
  auto reader = f.task(1, {0});
  SECTION("nobody else wants it") {
    f.submit(client, {f.task(0), reader});
    auto first = f.only<compute>();
    f.release(client, {0});
    f.done(first);
    CHECK(f.only<compute>().order.deps[0].last_use);
  }
  SECTION("the client holds it") {
    f.submit(client, {f.task(0), reader});
    f.done(f.only<compute>());
    CHECK_FALSE(f.only<compute>().order.deps[0].last_use);
  }
  SECTION("another task needs it") {
    f.submit(client, {f.task(0), reader, f.task(2, {0})});
    auto first = f.only<compute>();
    f.release(client, {0});
    f.done(first);
    for (auto const& run : f.all<compute>()) CHECK_FALSE(run.order.deps[0].last_use);
  }
  SECTION("the reader may have to run again") {
    reader.retries = 1;
    f.submit(client, {f.task(0), reader});
    auto first = f.only<compute>();
    f.release(client, {0});
    f.done(first);
    CHECK_FALSE(f.only<compute>().order.deps[0].last_use);
  }
}

TEST_CASE("a key whose value may have been moved starts a new task") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker(1);
  auto keyed = f.task(0);
  keyed.key = std::string("k");
  f.submit(client, {keyed, f.task(1, {0})});
  auto first = f.only<compute>();
  f.release(client, {0});
  f.done(first);
  CHECK(f.only<compute>().order.deps[0].last_use);
  keyed.ref = {7, 1};
  keyed.payload = {77};
  f.submit(client, {keyed});
  CHECK(f.only<compute>().order.payload == payload_id{77});
}

TEST_CASE("suspended tasks make room for others, so that tasks can wait for tasks") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker(1);
  f.submit(client, tasks(0, 2));
  auto parents = f.all<compute>();
  REQUIRE(parents.size() == 2);
  auto child = f.task(2);
  child.parent = submitted_parent{parents[0].order.task, parents[0].order.attempt};
  f.submit(client, {child});
  CHECK(f.none_of<compute>());
  f.suspended(parents[0]);
  CHECK(f.only<compute>().order.payload == payload_id{1002});
}

TEST_CASE("what a task submits goes before what was submitted after that task") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker(1);
  f.submit(client, tasks(0, 5));
  auto runs = f.all<compute>();
  REQUIRE(runs.size() == 2);
  auto child = f.task(9);
  child.parent = submitted_parent{runs[0].order.task, runs[0].order.attempt};
  f.submit(client, {child});
  f.suspended(runs[0]);
  CHECK(f.only<compute>().order.payload == payload_id{1009});
}

TEST_CASE("a copy that a worker fetched is used and freed like the first one") {
  core_fixture f;
  auto client = f.add_client();
  auto one = f.add_worker(1);
  auto two = f.add_worker(1);
  f.submit(client, tasks(0, 1));
  auto run = f.only<compute>();
  f.done(run, 8);
  f.replica(two, run.order.task);
  CHECK(f.core.statistics().copies == 2);
  f.release(client, {0});
  auto freed = f.all<free_data>();
  REQUIRE(freed.size() == 2);
  CHECK(freed[0].worker == one);
  CHECK(freed[1].worker == two);
  f.replica(two, run.order.task);
  CHECK(f.only<free_data>().worker == two);
  f.check_empty();
}

TEST_CASE("a task whose large input lies on many workers goes to one of them") {
  core_fixture f;
  auto client = f.add_client();
  std::vector<worker_id> workers;
  for (int i = 0; i < 20; ++i) workers.push_back(f.add_worker_at("tcp://h" + std::to_string(i) + ":1"));
  f.submit(client, tasks(0, 1));
  auto value = f.only<compute>();
  REQUIRE(value.worker == workers[0]);
  f.done(value, 1'000'000'000);
  constexpr std::size_t holders = 12;
  for (std::size_t i = 1; i < holders; ++i) f.replica(workers[i], value.order.task, 1'000'000'000);
  std::set<worker_id> used;
  for (std::uint32_t i = 1; i <= 16; ++i) {
    f.submit(client, {f.task(i, {0})});
    auto run = f.only<compute>();
    CHECK(run.worker.value < holders);
    CHECK(run.order.deps[0].holders[0] == run.worker);
    used.insert(run.worker);
  }
  CHECK(used.size() >= 9);
}

TEST_CASE("tasks whose input lies everywhere are spread evenly") {
  core_fixture f;
  auto client = f.add_client();
  std::vector<worker_id> workers;
  for (int i = 0; i < 20; ++i) workers.push_back(f.add_worker_at("tcp://h" + std::to_string(i) + ":1"));
  f.submit(client, tasks(0, 1));
  auto value = f.only<compute>();
  f.done(value, 1'000'000'000);
  for (auto worker : workers) f.replica(worker, value.order.task, 1'000'000'000);
  std::set<worker_id> used;
  for (std::uint32_t i = 1; i <= 20; ++i) {
    f.submit(client, {f.task(i, {0})});
    used.insert(f.only<compute>().worker);
  }
  CHECK(used.size() == 20);
}

TEST_CASE("copies on workers that leave are forgotten one by one, and the last is lost") {
  core_fixture f;
  auto client = f.add_client();
  std::vector<worker_id> workers;
  for (int i = 0; i < 5; ++i) workers.push_back(f.add_worker());
  f.submit(client, tasks(0, 2));
  auto made = f.all<compute>();
  REQUIRE(made.size() == 2);
  f.done(made[0]);
  f.done(made[1]);
  for (auto worker : workers)
    for (auto const& one : made) f.replica(worker, one.order.task);
  CHECK(f.core.statistics().copies == 10);
  for (std::size_t i = 0; i < 4; ++i) {
    f.remove_worker(workers[i]);
    CHECK(f.core.statistics().copies == 10 - 2 * (i + 1));
    CHECK(f.core.data(made[0].order.task)->workers.size() == 4 - i);
    CHECK(f.none_of<task_erred>());
  }
  f.remove_worker(workers[4]);
  CHECK(f.all<task_erred>().size() == 2);
  f.release(client, {0, 1});
  f.check_empty();
}
