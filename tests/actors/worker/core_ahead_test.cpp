#include "core_fixture.hpp"

#include <catch2/catch.hpp>

namespace {

using namespace troupe;
using namespace troupe::detail;
using namespace troupe::test;

dependency made_by(compute_order const& maker, std::uint32_t worker) {
  auto d = worker_fixture::dep(maker.task.index, {worker}, 0);
  d.maker = maker.attempt;
  return d;
}

}  // namespace

TEST_CASE("a task given ahead begins as soon as what it takes is made here") {
  worker_fixture f;
  auto first = f.order(1);
  auto second = f.order(2, {made_by(first, 0)});
  auto third = f.order(3, {made_by(second, 0)});
  f.compute({first, second, third});
  CHECK(f.only<by_worker::run>().order.task == first.task);
  CHECK(f.all<by_worker::fetch>().empty());
  f.executed(first);
  CHECK(f.only<by_worker::run>().order.task == second.task);
  CHECK(f.reported().done.size() == 1);
  f.executed(second);
  CHECK(f.only<by_worker::run>().order.task == third.task);
}

TEST_CASE("what waits for something that is not made here comes back, and what waits for that") {
  worker_fixture f;
  auto first = f.order(1);
  auto second = f.order(2, {made_by(first, 0)});
  auto third = f.order(3, {made_by(second, 0)});
  f.compute({first, second, third});

  SECTION("the task failed") {
    f.executed(first, run_outcome::failed);
    CHECK(f.reported().failed.size() == 1);
  }
  SECTION("the task was dropped before it began") {
    f.stop(first, true);
    f.executed(first, run_outcome::cancelled);
    CHECK(f.reported().cancelled.size() == 1);
  }
  auto missing = f.reported().missing;
  REQUIRE(missing.size() == 2);
  CHECK(missing[0].task == second.task);
  CHECK(missing[0].dependency == first.task);
  CHECK(missing[0].asked_count == 0);
  CHECK(missing[1].task == third.task);
  CHECK(f.core.statistics().waiting == 0);
}

TEST_CASE("a task whose order comes after what it waits for has failed comes back at once") {
  worker_fixture f;
  auto first = f.order(1);
  f.compute({first});
  f.executed(first, run_outcome::failed);
  f.compute({f.order(2, {made_by(first, 0)})});
  CHECK(f.reported().missing.size() == 1);
}

TEST_CASE("a task given ahead that is stopped leaves nothing behind") {
  worker_fixture f;
  auto first = f.order(1);
  auto second = f.order(2, {made_by(first, 0)});
  f.compute({first, second});
  f.stop(second, true);
  REQUIRE(f.reported().cancelled.size() == 1);
  CHECK(f.core.statistics().to_fetch == 0);
  f.executed(first);
  CHECK(f.all<by_worker::run>().empty());
}

TEST_CASE("what a peer is making is asked for besides its other values") {
  worker_fixture f;
  auto made = f.order(1);
  f.compute({f.order(2, {made_by(made, 7)}), f.order(3, {f.dep(5, {7})})});
  auto fetches = f.all<by_worker::fetch>();
  REQUIRE(fetches.size() == 2);
  CHECK(fetches[0].maker == made.attempt);
  CHECK(fetches[0].tasks == std::vector<task_id>{made.task});
  CHECK_FALSE(fetches[1].maker);

  SECTION("it comes") {
    f.fetched(7, 5);
    CHECK(f.only<by_worker::run>().order.task == task_id{3, 1});
    f.fetched(7, 1);
    CHECK(f.only<by_worker::run>().order.task == task_id{2, 1});
  }
  SECTION("it was not made: that says nothing against the peer") {
    f.fetch_failed(7, 1);
    REQUIRE(f.reported().missing.size() == 1);
    CHECK(f.reported().missing[0].asked_count == 0);
  }
  SECTION("nobody waits for it any more when it comes") {
    compute_order waiter;
    waiter.task = {2, 1};
    waiter.attempt = {2};
    f.stop(waiter, true);
    f.fetched(7, 1);
    CHECK(f.only<by_worker::drop_data>().tasks == std::vector<task_id>{made.task});
  }
}

TEST_CASE("a peer that waits for an attempt hears of its end, whenever it asked") {
  worker_fixture f;
  auto first = f.order(1);
  auto second = f.order(2);
  auto watch = [&](attempt_id attempt) { f.handle(to_worker::watch{{}, attempt}); };

  SECTION("while it runs") {
    f.compute({first});
    watch(first.attempt);
    CHECK(f.all<by_worker::watched_ended>().empty());
    f.executed(first);
    CHECK(f.only<by_worker::watched_ended>().attempt == first.attempt);
  }
  SECTION("after it ended") {
    f.compute({first});
    f.executed(first);
    watch(first.attempt);
    CHECK(f.only<by_worker::watched_ended>().attempt == first.attempt);
  }
  SECTION("before its order came") {
    watch(first.attempt);
    CHECK(f.all<by_worker::watched_ended>().empty());
    f.compute({first});
    f.executed(first);
    CHECK_FALSE(f.all<by_worker::watched_ended>().empty());
  }
  SECTION("and its order never comes") {
    watch(first.attempt);
    f.compute({second});
    CHECK_FALSE(f.all<by_worker::watched_ended>().empty());
  }
}
