#include "core_fixture.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <vector>

/// What a worker core asks of one peer at the same time: what is large, and beside it what is not.
namespace {

using namespace troupe;
using namespace troupe::detail;
using troupe::test::worker_fixture;

/// From 100 bytes on is large.
worker_options small_scale() {
  worker_options limits;
  limits.large_fetch = 100;
  return limits;
}

std::vector<task_id> ids(std::uint32_t first, std::uint32_t last) {
  std::vector<task_id> result;
  for (auto task = first; task <= last; ++task) result.push_back({task, 1});
  return result;
}

/// The values `first` to `last`, of equal size, which worker 7 has.
std::vector<dependency> values(std::uint32_t first, std::uint32_t last, std::uint64_t nbytes) {
  std::vector<dependency> all;
  for (auto task = first; task <= last; ++task) all.push_back(worker_fixture::dep(task, {7}, nbytes));
  return all;
}

void check_fetch(by_worker::fetch const& fetch, std::vector<task_id> const& tasks, bool large) {
  CHECK(fetch.from == worker_id{7});
  CHECK(fetch.tasks == tasks);
  CHECK(fetch.large == large);
}

}  // namespace

TEST_CASE("from a mebibyte on a value is large") {
  worker_fixture f;
  f.compute({f.order(1, {f.dep(11, {7}, 1 << 20), f.dep(12, {7}, (1 << 20) - 1)})});
  auto fetches = f.all<by_worker::fetch>();
  REQUIRE(fetches.size() == 2);
  check_fetch(fetches[0], ids(11, 11), true);
  check_fetch(fetches[1], ids(12, 12), false);
}

TEST_CASE("a small value does not wait for a large one of the same peer") {
  worker_fixture f(small_scale());
  f.compute({f.order(1, {f.dep(11, {7}, 1000)})});
  check_fetch(f.only<by_worker::fetch>(), ids(11, 11), true);
  f.compute({f.order(2, {f.dep(12, {7}, 10)})});
  check_fetch(f.only<by_worker::fetch>(), ids(12, 12), false);
  f.fetched(7, 12);
  CHECK(f.only<by_worker::run>().order.task == task_id{2, 1});
  CHECK(f.core.statistics().fetching == 1);
  f.fetched(7, 11);
  CHECK(f.only<by_worker::run>().order.task == task_id{1, 1});
}

TEST_CASE("of each kind one fetch is under way with a peer, and the next goes when its own is answered") {
  worker_fixture f(small_scale());
  f.compute({f.order(1, {f.dep(11, {7}, 1000), f.dep(12, {7}, 10)})});
  CHECK(f.all<by_worker::fetch>().size() == 2);
  f.compute({f.order(2, {f.dep(13, {7}, 1000), f.dep(14, {7}, 10)})});
  CHECK(f.all<by_worker::fetch>().empty());
  CHECK(f.core.statistics().to_fetch == 2);
  SECTION("the small one first") {
    f.fetched(7, 12);
    check_fetch(f.only<by_worker::fetch>(), ids(14, 14), false);
    f.fetched(7, 11);
    check_fetch(f.only<by_worker::fetch>(), ids(13, 13), true);
  }
  SECTION("the large one first") {
    f.fetch_failed(7, 11);
    check_fetch(f.only<by_worker::fetch>(), ids(13, 13), true);
    f.fetch_refused(7, 12, "cannot encode it");
    check_fetch(f.only<by_worker::fetch>(), ids(14, 14), false);
  }
}

TEST_CASE("small values that are large together come as large ones do, and leave room for one that is small") {
  worker_fixture f(small_scale());
  f.compute({f.order(1, values(11, 20, 30))});
  check_fetch(f.only<by_worker::fetch>(), ids(11, 20), true);
  f.compute({f.order(2, {f.dep(21, {7}, 30)})});
  check_fetch(f.only<by_worker::fetch>(), ids(21, 21), false);
  f.compute({f.order(3, values(31, 40, 30))});
  CHECK(f.all<by_worker::fetch>().empty());
  for (std::uint32_t task = 11; task < 20; ++task) f.fetched(7, task);
  CHECK(f.all<by_worker::fetch>().empty());
  f.fetched(7, 20);
  CHECK(f.only<by_worker::run>().order.task == task_id{1, 1});
  f.fetched(7, 21);
  check_fetch(f.only<by_worker::fetch>(), ids(31, 40), true);
}

TEST_CASE("beside a large fetch small values come a few at a time") {
  worker_fixture f(small_scale());
  f.compute({f.order(1, {f.dep(9, {7}, 1000)}), f.order(2, values(11, 17, 30))});
  auto fetches = f.all<by_worker::fetch>();
  REQUIRE(fetches.size() == 2);
  check_fetch(fetches[0], ids(9, 9), true);
  check_fetch(fetches[1], ids(11, 13), false);
  for (std::uint32_t task = 11; task <= 13; ++task) f.fetched(7, task);
  check_fetch(f.only<by_worker::fetch>(), ids(14, 16), false);
  f.fetched(7, 9);
  for (std::uint32_t task = 14; task <= 16; ++task) f.fetched(7, task);
  check_fetch(f.only<by_worker::fetch>(), ids(17, 17), false);
}

TEST_CASE("what a fetch of many small values does not take is asked for beside it") {
  auto limits = small_scale();
  limits.fetch_bytes = 150;
  worker_fixture f(limits);
  f.compute({f.order(1, values(11, 20, 30))});
  auto fetches = f.all<by_worker::fetch>();
  REQUIRE(fetches.size() == 2);
  check_fetch(fetches[0], ids(11, 15), true);
  check_fetch(fetches[1], ids(16, 18), false);
  CHECK(f.core.statistics().to_fetch == 2);
}

TEST_CASE("where one fetch may not be large, small values never are") {
  auto limits = small_scale();
  limits.fetch_bytes = 60;
  worker_fixture f(limits);
  f.compute({f.order(1, values(11, 20, 30))});
  check_fetch(f.only<by_worker::fetch>(), ids(11, 12), false);
}

TEST_CASE("the limits hold for what is small and what is large together") {
  auto limits = small_scale();
  SECTION("on fetches") {
    limits.incoming_fetches = 1;
    worker_fixture f(limits);
    f.compute({f.order(1, {f.dep(11, {7}, 1000), f.dep(12, {7}, 10)})});
    check_fetch(f.only<by_worker::fetch>(), ids(11, 11), true);
    f.fetched(7, 11);
    check_fetch(f.only<by_worker::fetch>(), ids(12, 12), false);
  }
  SECTION("on bytes") {
    limits.incoming_bytes = 205;
    worker_fixture f(limits);
    f.compute({f.order(1, {f.dep(11, {7}, 200), f.dep(12, {7}, 10), f.dep(13, {8}, 5)})});
    check_fetch(f.only<by_worker::fetch>(), ids(11, 11), true);
    f.fetched(7, 11);
    CHECK(f.all<by_worker::fetch>().size() == 2);
  }
  SECTION("on bytes, for what small values leave of them") {
    limits.incoming_bytes = 160;
    worker_fixture f(limits);
    f.compute({f.order(1, values(11, 17, 30))});
    check_fetch(f.only<by_worker::fetch>(), ids(11, 15), true);
    CHECK(f.core.statistics().to_fetch == 2);
    f.fetched(7, 11);
    check_fetch(f.only<by_worker::fetch>(), ids(16, 16), false);
  }
}

TEST_CASE("what a peer did not have of many small values is asked of another as what it is") {
  worker_fixture f(small_scale());
  std::vector<dependency> deps;
  for (std::uint32_t task = 12; task <= 20; task += 2) deps.push_back(f.dep(task, {7, 8}, 30));
  f.compute({f.order(1, deps)});
  auto together = f.only<by_worker::fetch>();
  CHECK(together.from == worker_id{7});
  CHECK(together.large);
  f.fetch_failed(7, 14);
  auto again = f.only<by_worker::fetch>();
  CHECK(again.from == worker_id{8});
  CHECK(again.tasks == ids(14, 14));
  CHECK_FALSE(again.large);
  f.fetched(8, 14);
  for (std::uint32_t task : {12U, 16U, 18U}) f.fetched(7, task);
  CHECK(f.all<by_worker::run>().empty());
  f.fetched(7, 20);
  CHECK(f.all<by_worker::run>().size() == 1);
}

TEST_CASE("a peer that is gone fails both fetches, and who waits for both is reported once") {
  worker_fixture f(small_scale());
  auto order = f.order(1, {f.dep(11, {7}, 1000), f.dep(12, {7}, 10)});
  f.compute({order, f.order(2, {f.dep(12, {7}, 10)})});
  REQUIRE(f.all<by_worker::fetch>().size() == 2);
  f.fetch_failed(7, 11);
  REQUIRE(f.reported().missing.size() == 1);
  CHECK(f.reported().missing[0].attempt == order.attempt);
  CHECK(f.reported().missing[0].dependency == task_id{11, 1});
  f.fetch_failed(7, 12);
  REQUIRE(f.reported().missing.size() == 1);
  CHECK(f.reported().missing[0].task == task_id{2, 1});
  CHECK(f.core.statistics().waiting == 0);
}

TEST_CASE("a large value that nobody waits for any more is dropped, and the next is asked for") {
  worker_fixture f(small_scale());
  auto given_up = f.order(1, {f.dep(11, {7}, 1000)});
  f.compute({given_up});
  check_fetch(f.only<by_worker::fetch>(), ids(11, 11), true);
  f.compute({f.order(2, {f.dep(12, {7}, 1000)})});
  CHECK(f.all<by_worker::fetch>().empty());
  f.stop(given_up);
  f.fetched(7, 11);
  CHECK(f.only<by_worker::drop_data>().tasks == ids(11, 11));
  check_fetch(f.only<by_worker::fetch>(), ids(12, 12), true);
}
