#include "core_fixture.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <initializer_list>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace {

using namespace troupe;
using namespace troupe::detail;
using troupe::test::worker_fixture;
using namespace std::chrono_literals;

std::vector<task_id> ids(std::initializer_list<std::uint32_t> tasks) {
  std::vector<task_id> result;
  for (auto task : tasks) result.push_back({task, 1});
  return result;
}

}  // namespace

TEST_CASE("all tasks that can run are handed to the executor at once, in order") {
  worker_fixture f;
  f.compute({f.order(1), f.order(2), f.order(3)});
  auto runs = f.all<by_worker::run>();
  REQUIRE(runs.size() == 3);
  CHECK(runs[0].order.payload == payload_id{1001});
  CHECK(runs[2].order.payload == payload_id{1003});
  CHECK(f.core.statistics().handed_out == 3);
}

TEST_CASE("a result is stored, reported and kept until it is freed") {
  worker_fixture f;
  auto order = f.order(1);
  f.compute({order});
  f.executed(order, run_outcome::done, 50);
  REQUIRE(f.reported().done.size() == 1);
  CHECK(f.reported().done[0].nbytes == 50);
  CHECK(f.only<by_worker::drop_payloads>().payloads == std::vector<payload_id>{{1001}});
  CHECK(f.core.statistics().stored_bytes == 50);
  f.free_data(1);
  CHECK(f.only<by_worker::drop_data>().tasks == ids({1}));
  CHECK(f.core.statistics().stored == 0);
}

TEST_CASE("news of a small copy goes with the next news of what runs, that of a large one at once") {
  worker_fixture f;
  auto small = f.order(1, {f.dep(5, {7})});
  f.compute({small, f.order(2, {f.dep(6, {8})})});
  f.fetched(7, 5);
  CHECK(f.all<by_worker::report>().empty());
  SECTION("what runs ends") {
    f.executed(small);
    CHECK(f.reported().replicas.size() == 1);
    CHECK(f.reported().done.size() == 1);
  }
  SECTION("a large one comes") {
    f.handle(to_worker::fetched{{}, {8}, {{{6, 1}, 1 << 20}}});
    CHECK(f.reported().replicas.size() == 2);
  }
}

TEST_CASE("a failure is passed on with its error") {
  worker_fixture f;
  auto order = f.order(1);
  f.compute({order});
  f.executed(order, run_outcome::failed);
  REQUIRE(f.reported().failed.size() == 1);
  CHECK(f.reported().failed[0].error == payload_id{9});
  CHECK(f.core.statistics().stored == 0);
}

TEST_CASE("a task runs when its last dependency has been fetched") {
  worker_fixture f;
  f.compute({f.order(5, {f.dep(1, {7}), f.dep(2, {8})})});
  CHECK(f.all<by_worker::run>().empty());
  CHECK(f.all<by_worker::fetch>().size() == 2);
  f.fetched(7, 1);
  CHECK(f.all<by_worker::run>().empty());
  REQUIRE(f.reported().replicas.size() == 1);
  CHECK(f.reported().replicas[0].task == task_id{1, 1});
  f.fetched(8, 2);
  CHECK(f.only<by_worker::run>().order.deps.size() == 2);
}

TEST_CASE("a value that several tasks need is fetched once") {
  worker_fixture f;
  f.compute({f.order(5, {f.dep(1, {7})}), f.order(6, {f.dep(1, {7})})});
  CHECK(f.only<by_worker::fetch>().tasks == ids({1}));
  f.fetched(7, 1);
  CHECK(f.all<by_worker::run>().size() == 2);
}

TEST_CASE("what is needed of one peer is asked for together, and again only when it has answered") {
  worker_fixture f;
  f.compute({f.order(5, {f.dep(1, {7}), f.dep(2, {7})})});
  CHECK(f.only<by_worker::fetch>().tasks == ids({1, 2}));
  f.compute({f.order(6, {f.dep(3, {7})}), f.order(7, {f.dep(4, {7})})});
  CHECK(f.all<by_worker::fetch>().empty());
  CHECK(f.core.statistics().to_fetch == 2);
  f.fetched(7, 1);
  CHECK(f.all<by_worker::fetch>().empty());
  f.fetched(7, 2);
  CHECK(f.only<by_worker::fetch>().tasks == ids({3, 4}));
}

TEST_CASE("what a peer was asked for and gave is reported with the time that took, once") {
  worker_fixture f;
  time_point const begin{1s};
  f.handle(to_worker::compute{begin, {f.order(1, {f.dep(10, {1}), f.dep(11, {1}), f.dep(12, {2})})}});
  f.handle(to_worker::fetched{begin + 3ms, {1}, {{{10, 1}, 100}, {{11, 1}, 200}}});
  REQUIRE(f.reported().transfers.size() == 1);
  CHECK(f.reported().transfers[0].from == worker_id{1});
  CHECK(f.reported().transfers[0].nbytes == 300);
  CHECK(f.reported().transfers[0].took == 3ms);
  f.handle(to_worker::fetch_failed{begin + 4ms, {2}, {{12, 1}}});
  CHECK(f.reported().transfers.empty());
}

TEST_CASE("a report says which order came first since the last one, and how long ago") {
  worker_fixture f;
  time_point const begin{1s};
  auto one = f.order(1), two = f.order(2), three = f.order(3);
  f.handle(to_worker::compute{begin, {one, two}});
  f.handle(to_worker::compute{begin + 1ms, {three}});
  auto ended = [&](compute_order const& order, time_point when) {
    executed_item item;
    item.task = order.task;
    item.attempt = order.attempt;
    f.handle(to_worker::executed{when, {item}});
    return f.reported().heard;
  };
  auto first = ended(one, begin + 5ms);
  CHECK(first.attempt == one.attempt);
  CHECK(first.held == 5ms);
  CHECK_FALSE(ended(two, begin + 6ms).attempt);
  auto four = f.order(4);
  f.handle(to_worker::compute{begin + 7ms, {four}});
  auto second = ended(three, begin + 9ms);
  CHECK(second.attempt == four.attempt);
  CHECK(second.held == 2ms);
}

TEST_CASE("the time in which a peer makes a value is no time that it took to bring it") {
  worker_fixture f;
  auto awaited = f.dep(10, {1});
  awaited.maker = {77};
  f.handle(to_worker::compute{time_point(1s), {f.order(1, {awaited})}});
  f.handle(to_worker::fetched{time_point(9s), {1}, {{{10, 1}, 100}}});
  f.executed(f.only<by_worker::run>().order);
  CHECK(f.reported().replicas.size() == 1);
  CHECK(f.reported().transfers.empty());
}

TEST_CASE("one fetch asks for a bounded number of bytes, but always for one value") {
  worker_fixture f;
  auto const large = std::uint64_t{40'000'000};
  f.compute({f.order(5, {f.dep(1, {7}, 3 * large), f.dep(2, {7}, large), f.dep(3, {7}, large / 8)})});
  CHECK(f.only<by_worker::fetch>().tasks == ids({1}));
  f.fetched(7, 1);
  CHECK(f.only<by_worker::fetch>().tasks == ids({2, 3}));
}

TEST_CASE("what is on its way from all peers is bounded, and goes on as answers come") {
  worker_options limits;
  limits.incoming_bytes = 100;
  worker_fixture f(limits);
  f.compute({f.order(1, {f.dep(11, {1}, 60)}), f.order(2, {f.dep(12, {2}, 60)}), f.order(3, {f.dep(13, {3}, 30)})});
  CHECK(f.only<by_worker::fetch>().from == worker_id{1});
  f.fetched(1, 11);
  // The small value did not overtake the large one, and now both have room.
  auto next = f.all<by_worker::fetch>();
  REQUIRE(next.size() == 2);
  CHECK(next[0].from == worker_id{2});
  CHECK(next[1].from == worker_id{3});
}

TEST_CASE("a value larger than the limit on what is on its way comes alone") {
  worker_options limits;
  limits.incoming_bytes = 100;
  worker_fixture f(limits);
  f.compute({f.order(1, {f.dep(11, {1}, 10)}), f.order(2, {f.dep(12, {2}, 500), f.dep(13, {2}, 10)})});
  CHECK(f.only<by_worker::fetch>().from == worker_id{1});
  f.fetched(1, 11);
  CHECK(f.only<by_worker::fetch>().tasks == ids({12}));
  f.fetched(2, 12);
  CHECK(f.only<by_worker::fetch>().tasks == ids({13}));
}

TEST_CASE("a bounded number of peers is asked at the same time") {
  worker_options limits;
  limits.incoming_fetches = 2;
  worker_fixture f(limits);
  f.compute({f.order(1, {f.dep(11, {1})}), f.order(2, {f.dep(12, {2})}), f.order(3, {f.dep(13, {3})})});
  REQUIRE(f.all<by_worker::fetch>().size() == 2);
  f.fetch_failed(2, 12);
  CHECK(f.only<by_worker::fetch>().from == worker_id{3});
}

TEST_CASE("a peer held back whose values nobody needs any more is not asked") {
  worker_options limits;
  limits.incoming_fetches = 1;
  worker_fixture f(limits);
  auto given_up = f.order(2, {f.dep(12, {2})});
  f.compute({f.order(1, {f.dep(11, {1})}), given_up, f.order(3, {f.dep(13, {3})})});
  CHECK(f.only<by_worker::fetch>().from == worker_id{1});
  f.stop(given_up);
  f.fetched(1, 11);
  CHECK(f.only<by_worker::fetch>().from == worker_id{3});
}

TEST_CASE("a value that one peer does not have is asked of the next, then reported missing") {
  worker_fixture f;
  auto order = f.order(5, {f.dep(1, {7, 8})});
  f.compute({order});
  auto first = f.only<by_worker::fetch>().from;
  f.fetch_failed(first.value, 1);
  auto second = f.only<by_worker::fetch>().from;
  CHECK(first != second);
  f.fetch_failed(second.value, 1);
  auto missing = f.reported().missing;
  REQUIRE(missing.size() == 1);
  CHECK(missing[0].attempt == order.attempt);
  CHECK(missing[0].dependency == task_id{1, 1});
  CHECK(missing[0].asked_count == 2);
  CHECK(f.only<by_worker::drop_payloads>().payloads.size() == 1);
  CHECK(f.core.statistics().waiting == 0);
}

TEST_CASE("a value that nobody can give ends the attempt, with what the first said of it") {
  worker_fixture f;
  auto order = f.order(5, {f.dep(1, {7, 8, 9})});
  auto same = f.order(6, {f.dep(1, {7})});
  f.compute({order, same});
  auto first = f.only<by_worker::fetch>().from;
  f.fetch_refused(first.value, 1, "first cannot encode it");
  auto second = f.only<by_worker::fetch>().from;
  f.fetch_failed(second.value, 1);
  auto third = f.only<by_worker::fetch>().from;
  CHECK(std::set{first, second, third}.size() == 3);
  f.fetch_refused(third.value, 1, "third cannot encode it");
  CHECK(f.reported().missing.empty());
  auto unreadable = f.reported().unreadable;
  REQUIRE(unreadable.size() == 2);
  CHECK(unreadable[0].attempt == order.attempt);
  CHECK(unreadable[1].attempt == same.attempt);
  for (auto const& item : unreadable) {
    CHECK(item.dependency == task_id{1, 1});
    CHECK(item.problem == "first cannot encode it");
  }
  CHECK(f.core.statistics().waiting == 0);

  // The next who wants it asks anew.
  f.compute({f.order(7, {f.dep(1, {7})})});
  CHECK(f.only<by_worker::fetch>().from == worker_id{7});
}

TEST_CASE("a value that one peer cannot give and another can is fetched from that") {
  worker_fixture f;
  f.compute({f.order(5, {f.dep(1, {7, 8})})});
  auto first = f.only<by_worker::fetch>().from;
  f.fetch_refused(first.value, 1, "cannot encode it");
  f.fetched(f.only<by_worker::fetch>().from.value, 1);
  CHECK(f.all<by_worker::run>().size() == 1);
}

TEST_CASE("a value that this worker is said to hold but does not is missing at once") {
  worker_fixture f;
  f.compute({f.order(5, {f.dep(1, {0})})});
  REQUIRE(f.reported().missing.size() == 1);
  CHECK(f.reported().missing[0].asked[0] == worker_id{0});
}

TEST_CASE("a task stopped while it waits ends unbegun, and what was fetched for it is dropped") {
  worker_fixture f;
  auto order = f.order(5, {f.dep(1, {7})});
  f.compute({order});
  f.stop(order);
  REQUIRE(f.reported().cancelled.size() == 1);
  CHECK_FALSE(f.reported().cancelled[0].started);
  CHECK(f.core.statistics().fetching == 1);
  f.fetched(7, 1);
  CHECK(f.only<by_worker::drop_data>().tasks == ids({1}));
  CHECK(f.all<by_worker::report>().empty());
  CHECK(f.core.statistics().stored == 0);
}

TEST_CASE("a value given up while it is fetched serves who comes to need it") {
  worker_fixture f;
  auto order = f.order(5, {f.dep(1, {7})});
  f.compute({order});
  f.stop(order);
  f.compute({f.order(6, {f.dep(1, {7})})});
  CHECK(f.all<by_worker::fetch>().empty());
  f.fetched(7, 1);
  CHECK(f.only<by_worker::run>().order.task == task_id{6, 1});
}

TEST_CASE("stopping a task that was handed out is the executor's business") {
  worker_fixture f;
  auto order = f.order(5);
  f.compute({order});
  f.stop(order, true);
  CHECK(f.only<by_worker::request_stop>().order.only_if_unstarted);
  CHECK(f.all<by_worker::report>().empty());
  f.executed(order, run_outcome::cancelled);
  CHECK(f.reported().cancelled.size() == 1);
}

TEST_CASE("a stop for an ended or unknown attempt changes nothing") {
  worker_fixture f;
  auto order = f.order(5);
  f.compute({order});
  f.executed(order);
  f.stop(order);
  CHECK(f.actions.empty());
}

TEST_CASE("a value that the last reader may move is forgotten when the reader is handed out") {
  worker_fixture f;
  auto maker = f.order(1);
  f.compute({maker});
  f.executed(maker);
  auto last = f.dep(1, {0});
  last.last_use = true;
  f.compute({f.order(5, {last})});
  CHECK(f.all<by_worker::run>().size() == 1);
  CHECK(f.core.statistics().stored == 0);
  f.free_data(1);
  CHECK(f.actions.empty());
}

TEST_CASE("a dependency freed while the task waited for another is asked for again") {
  worker_fixture f;
  auto maker = f.order(1);
  f.compute({maker});
  f.executed(maker);
  f.compute({f.order(5, {f.dep(1, {0, 8}), f.dep(2, {7})})});
  f.free_data(1);
  f.fetched(7, 2);
  CHECK(f.all<by_worker::run>().empty());
  CHECK(f.only<by_worker::fetch>().from == worker_id{8});
}

TEST_CASE("a value made here serves those who wait for it from a peer") {
  worker_fixture f;
  f.compute({f.order(5, {f.dep(1, {7})})});
  auto maker = f.order(1);
  f.compute({maker});
  f.executed(maker);
  CHECK(f.only<by_worker::run>().order.task == task_id{5, 1});
  f.fetched(7, 1);
  CHECK(f.actions.empty());
  CHECK(f.core.statistics().stored == 1);
}

TEST_CASE("a suspended task is reported once") {
  worker_fixture f;
  auto order = f.order(5);
  f.compute({order});
  f.handle(to_worker::suspended{{}, {{order.task, order.attempt}}});
  CHECK(f.reported().suspended.size() == 1);
  CHECK(f.core.statistics().suspended == 1);
  f.executed(order);
  CHECK(f.core.statistics().suspended == 0);
}

TEST_CASE("an order that comes again is ignored, and its other call dropped") {
  worker_fixture f;
  auto order = f.order(5);
  f.compute({order});
  auto again = order;
  again.payload = {77};
  f.compute({again});
  CHECK(f.only<by_worker::drop_payloads>().payloads == std::vector<payload_id>{{77}});
  f.executed(order);
  f.compute({order});
  CHECK(f.all<by_worker::run>().empty());
}

TEST_CASE("a result of an unknown attempt is dropped") {
  worker_fixture f;
  executed_item item;
  item.task = {3, 1};
  item.attempt = {99};
  f.handle(to_worker::executed{{}, {item}});
  CHECK(f.only<by_worker::drop_data>().tasks == ids({3}));
  CHECK(f.all<by_worker::report>().empty());
}

TEST_CASE("nothing begins during a pause but what is no load, and all goes on after it") {
  worker_fixture f;
  f.handle(to_worker::pause{{}, true});
  auto plain = f.order(1);
  auto stopped = f.order(2);
  auto aside = f.order(3);
  aside.aside = true;
  f.compute({plain, stopped, aside});
  CHECK(f.only<by_worker::run>().order.attempt == aside.attempt);
  f.handle(to_worker::stop{{}, {{stopped.task, stopped.attempt, true}}});
  CHECK(f.reported().cancelled.size() == 1);
  auto needs = f.order(4, {worker_fixture::dep(9, {1})});
  f.compute({needs});
  f.handle(to_worker::fetched{{}, {1}, {{{9, 1}, 10}}});
  CHECK(f.all<by_worker::run>().empty());
  f.handle(to_worker::pause{{}, false});
  auto runs = f.all<by_worker::run>();
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].order.attempt == plain.attempt);
  CHECK(runs[1].order.attempt == needs.attempt);
}
