#include "core_fixture.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

submitted_task bound(std::uint32_t index, std::vector<worker_id> workers,
                     std::initializer_list<std::uint32_t> deps = {}) {
  auto task = core_fixture::task(index, deps);
  task.workers = std::move(workers);
  return task;
}

}  // namespace

TEST_CASE("a task for named workers runs on one of them, also when it has no room") {
  core_fixture f;
  auto client = f.add_client();
  auto first = f.add_worker();
  auto second = f.add_worker();
  for (std::uint32_t i = 0; i < 8; ++i) {
    f.submit(client, {bound(i, {second})});
    CHECK(f.only<compute>().worker == second);
  }
  f.submit(client, {bound(8, {first, second})});
  CHECK(f.only<compute>().worker == first);
}

TEST_CASE("a task for a named worker waits for what it needs first") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker();
  auto second = f.add_worker();
  f.submit(client, {core_fixture::task(0), bound(1, {second}, {0})});
  auto root = f.only<compute>();
  f.done(root);
  CHECK(f.only<compute>().worker == second);
  CHECK(f.only<compute>().order.deps.size() == 1);
}

TEST_CASE("when all workers that may run a task have left it is cancelled, with what depends on it") {
  core_fixture f;
  auto client = f.add_client();
  auto first = f.add_worker();
  auto second = f.add_worker();
  f.submit(client, {bound(0, {first, second}), core_fixture::task(1, {0})});
  auto placed = f.only<compute>().worker;
  auto other = placed == first ? second : first;
  f.remove_worker(placed);
  CHECK(f.only<compute>().worker == other);
  f.remove_worker(other);
  auto ended = f.all<by_scheduler::task_cancelled>();
  REQUIRE(ended.size() == 2);
  CHECK(ended[0].reason == cancel_reason::worker_left);
  CHECK(ended[1].reason == cancel_reason::dependency);
  f.release(client, {0, 1});
  f.check_empty();
}

TEST_CASE("a task for a worker that never was is cancelled at once") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker();
  f.submit(client, {bound(0, {worker_id{7}})});
  CHECK(f.none_of<compute>());
  CHECK(f.only<by_scheduler::task_cancelled>().reason == cancel_reason::worker_left);
}

TEST_CASE("a task for a named worker that nobody wants any more is not run") {
  core_fixture f;
  auto client = f.add_client();
  auto worker = f.add_worker();
  f.submit(client, {core_fixture::task(0), bound(1, {worker}, {0})});
  auto root = f.only<compute>();
  f.release(client, {1});
  f.done(root);
  CHECK(f.none_of<compute>());
  f.release(client, {0});
  f.check_empty();
}

TEST_CASE("a task for a named worker that gives it back when nobody wants it any more is not given to it again") {
  core_fixture f;
  auto client = f.add_client();
  auto worker = f.add_worker();
  f.submit(client, {bound(0, {worker})});
  auto given = f.only<compute>();
  f.release(client, {0});
  CHECK(f.only<by_scheduler::stop_task>().order.attempt == given.order.attempt);
  f.ended_cancelled(given, false);
  CHECK(f.none_of<compute>());
  CHECK(f.none_of<by_scheduler::stop_task>());
  f.check_empty();
}
