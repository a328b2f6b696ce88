#include "core_fixture.hpp"

#include <chrono>

using namespace troupe;
using namespace troupe::test;

/// How many workers there is work for, and who had best leave.
namespace {

using namespace std::chrono_literals;

struct stage : core_fixture {
  stage() : client(add_client()) {}

  worker_id add(std::uint32_t threads, std::uint64_t memory = 0) {
    handle(to_scheduler::add_worker{now, ++sessions, "worker", threads, memory});
    return only<by_scheduler::worker_added>().worker;
  }
  void submit_many(std::uint32_t count) {
    std::vector<submitted_task> all;
    for (std::uint32_t i = 0; i < count; ++i) all.push_back(task(next++));
    submit(client, std::move(all));
  }
  /// A result of so many bytes on this worker.
  void keep(worker_id on, std::uint64_t nbytes) {
    auto made = task(next++);
    made.workers = {on};
    submit(client, {made});
    done(only<compute>(), nbytes);
  }
  [[nodiscard]] std::uint32_t target(duration within) const { return core.plan(within).target; }

  client_id client;
  std::uint32_t next = 0;
};

using ids = std::vector<worker_id>;

}  // namespace

TEST_CASE("without work and without workers none is needed; one queued task needs one") {
  stage on;
  CHECK(on.target(5s) == 0);
  on.submit_many(1);
  CHECK(on.target(5s) == 1);
  // Also where its time is nothing beside the target duration.
  CHECK(on.target(24h) == 1);
  on.cancel(on.client, {0});
  CHECK(on.target(5s) == 0);
}

TEST_CASE("the target is the expected time of all work over the target duration") {
  stage on;
  on.add(1);
  on.submit_many(100);
  // Not measured yet: 100 ms each.
  CHECK(on.target(1s) == 10);
  CHECK(on.target(3s) == 4);
  CHECK(on.target(1h) == 1);
}

TEST_CASE("what a function was measured to take counts for its tasks that are queued, too") {
  stage on;
  on.add(1);
  on.submit_many(100);
  auto first = on.all<compute>();
  REQUIRE(first.size() == 2);
  on.done(first[0], 8, 1s);
  // One was given at 100 ms, one at 1 s, 97 are queued.
  CHECK(on.core.statistics().queued_time == std::chrono::nanoseconds(97s).count());
  CHECK(on.target(10s) == 10);
  on.done(first[1], 8, 9s);
  // The mean goes an eighth of the way to the new time.
  CHECK(on.core.statistics().queued_time == std::chrono::nanoseconds(96 * 2s).count());
}

TEST_CASE("a few long tasks ask for no more threads than they are") {
  stage on;
  on.add(1);
  on.submit_many(1);
  on.done(on.only<compute>(), 8, 1000s);
  on.submit_many(3);
  CHECK(on.target(1s) == 3);
}

TEST_CASE("the target counts workers, by the mean of their threads") {
  stage on;
  on.add(3);
  on.add(5);
  on.submit_many(100);
  CHECK(on.target(1s) == 3);
}

TEST_CASE("while nobody is there a worker is as large as the last that joined") {
  stage on;
  auto left = on.add(8);
  on.remove_worker(left);
  on.submit_many(200);
  CHECK(on.target(1s) == 3);
}

TEST_CASE("tasks that wait for others, or without a thread, need no worker") {
  stage on;
  on.add(1);
  on.submit(on.client, {on.task(0), on.task(1, {0}), on.task(2, {1})});
  CHECK(on.core.statistics().assigned == 1);
  auto waits = on.only<compute>();
  on.suspended(waits);
  CHECK(on.core.statistics().assigned == 0);
  // It is not idle, though.
  CHECK(on.target(1s) == 1);
  CHECK(on.core.plan(1s).spare == 0);
}

TEST_CASE("tasks given ahead need no worker of their own") {
  core_fixture f{core_fixture::ahead{}};
  auto client = f.add_client();
  f.add_worker(1);
  f.submit(client, {f.task(0), f.task(1, {0})});
  REQUIRE(f.all<compute>().size() == 2);
  CHECK(f.core.statistics().assigned == 1);
  CHECK(f.core.plan(1s).target == 1);
}

TEST_CASE("results that take more than 0.6 of the memory ask for twice the workers") {
  stage on;
  auto first = on.add(1, 100);
  on.add(1, 100);
  on.keep(first, 120);
  CHECK(on.target(5s) == 2);
  on.keep(first, 1);
  CHECK(on.target(5s) == 4);
}

TEST_CASE("workers without a limit never ask for more because of memory") {
  stage on;
  auto first = on.add(1);
  on.keep(first, 1'000'000);
  CHECK(on.target(5s) == 1);
}

TEST_CASE("idle workers can leave, those that hold least first, of equals the youngest") {
  stage on;
  auto full = on.add(1, 1000), some = on.add(1, 1000), none = on.add(1, 1000), young = on.add(1, 1000);
  on.keep(full, 20);
  on.keep(some, 10);
  auto plan = on.core.plan(5s);
  CHECK(plan.leaving == ids{young, none, some, full});
  // The last keeps what nobody could take over.
  CHECK(plan.spare == 3);
  CHECK(plan.target == 1);
}

TEST_CASE("all workers can leave that hold nothing") {
  stage on;
  on.add(1, 1000);
  on.add(1, 1000);
  CHECK(on.core.plan(5s).spare == 2);
  CHECK(on.target(5s) == 0);
}

TEST_CASE("workers stay whose memory is needed: the others have room for twice the results") {
  stage on;
  auto full = on.add(1, 100);
  on.add(1, 100);
  on.add(1, 100);
  on.keep(full, 50);
  CHECK(on.core.plan(5s).spare == 2);
  on.keep(full, 1);
  CHECK(on.core.plan(5s).spare == 1);
  CHECK(on.target(5s) == 2);
}

TEST_CASE("workers that have tasks come after the idle ones and are not spare") {
  stage on;
  auto busy = on.add(1), idle = on.add(1);
  auto bound = on.task(on.next++);
  bound.workers = {busy};
  on.submit(on.client, {bound});
  auto plan = on.core.plan(1h);
  CHECK(plan.leaving == ids{idle, busy});
  CHECK(plan.spare == 1);
  CHECK(plan.target == 1);
}

TEST_CASE("a worker in which an actor lives comes last and is not spare") {
  stage on;
  auto home = on.add(1), other = on.add(1);
  auto actor = on.task(on.next++);
  actor.workers = {home};
  actor.restarts = 0;
  on.submit(on.client, {actor});
  on.done(on.only<compute>(), 8);
  CHECK(on.core.plan(5s).leaving == ids{other, home});
  CHECK(on.target(5s) == 1);
  on.release(on.client, {0});
  CHECK(on.target(5s) == 0);
  // An actor that goes with its worker leaves nothing behind.
  auto again = on.task(on.next++);
  again.workers = {home};
  again.restarts = 0;
  on.submit(on.client, {again});
  on.done(on.only<compute>(), 8);
  on.remove_worker(home);
  CHECK(on.target(5s) == 0);
}

TEST_CASE("no more are spare than there is work for without them") {
  stage on;
  auto busy = on.add(1);
  on.add(1);
  on.add(1);
  std::vector<submitted_task> all;
  for (int i = 0; i < 20; ++i) {
    all.push_back(on.task(on.next++));
    all.back().workers = {busy};
  }
  on.submit(on.client, all);
  CHECK(on.core.plan(1s).spare == 2);
  CHECK(on.target(1s) == 2);
}

TEST_CASE("workers that retire do not count, until they stay after all") {
  stage on;
  auto first = on.add(4, 100), second = on.add(2, 100);
  on.handle(to_scheduler::retire{on.now, first, true});
  CHECK(on.core.plan(5s).leaving == ids{second});
  on.submit_many(40);
  CHECK(on.target(1s) == 2);
  on.handle(to_scheduler::retire{on.now, first, false});
  CHECK(on.core.plan(5s).leaving.size() == 2);
  CHECK(on.target(1s) == 2);
}

TEST_CASE("a target duration that makes no sense asks for as many threads as there are tasks") {
  stage on;
  on.add(1);
  on.submit_many(7);
  CHECK(on.target(0s) == 7);
  CHECK(on.target(-5s) == 7);
}
