#include "core_fixture.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <string>

using namespace troupe;
using namespace troupe::test;

namespace {

using resources = std::vector<resource_amount>;

worker_id add_worker(core_fixture& f, std::string name, resources has, std::uint32_t threads = 4,
                     std::string address = {}) {
  f.handle(
      to_scheduler::add_worker{f.now, ++f.sessions, std::move(name), threads, 0, std::move(address), std::move(has)});
  return f.only<by_scheduler::worker_added>().worker;
}

worker_id add_worker_without(core_fixture& f, std::vector<std::uint32_t> const& functions, resources has = {}) {
  to_scheduler::add_worker added{f.now, ++f.sessions, "other build", 1, 0, {}, std::move(has), {}};
  for (auto function : functions) added.lacks.push_back({function});
  f.handle(added);
  return f.only<by_scheduler::worker_added>().worker;
}

submitted_task wanting(std::uint32_t index, resources what) {
  auto task = core_fixture::task(index);
  task.resources = std::move(what);
  return task;
}

submitted_task only_on(std::uint32_t index, std::vector<std::string> names, bool allow_other = false) {
  auto task = core_fixture::task(index);
  task.only_on = std::move(names);
  task.allow_other = allow_other;
  return task;
}

}  // namespace

TEST_CASE("as many tasks run as there are units of what they want, each knows its own") {
  core_fixture f;
  auto client = f.add_client();
  add_worker(f, "plain", {});
  auto rich = add_worker(f, "rich", {{"GPU", 2}});
  f.submit(client, {wanting(0, {{"GPU", 1}}), wanting(1, {{"GPU", 1}}), wanting(2, {{"GPU", 1}})});
  auto runs = f.all<compute>();
  REQUIRE(runs.size() == 2);
  for (std::uint32_t i = 0; i < 2; ++i) {
    CHECK(runs[i].worker == rich);
    CHECK(runs[i].order.resources == std::vector<resource_share>{{"GPU", 1, {i}}});
  }
  f.done(runs[1]);
  CHECK(f.only<compute>().order.resources == std::vector<resource_share>{{"GPU", 1, {1}}});
  f.done(f.only<compute>());
  f.done(runs[0]);
  f.release(client, {0, 1, 2});
  f.check_empty();
}

TEST_CASE("amounts that are no whole numbers add up to what there is") {
  core_fixture f;
  auto client = f.add_client();
  add_worker(f, "a", {{"MEM", 1}}, 16);
  std::vector<submitted_task> tasks;
  for (std::uint32_t i = 0; i < 11; ++i) tasks.push_back(wanting(i, {{"MEM", 0.1}}));
  f.submit(client, tasks);
  auto runs = f.all<compute>();
  CHECK(runs.size() == 10);
  CHECK(runs[0].order.resources[0].units.empty());
  f.done(runs[3]);
  CHECK(f.all<compute>().size() == 1);
}

TEST_CASE("what nobody has makes only those wait that want it") {
  core_fixture f;
  auto client = f.add_client();
  add_worker(f, "a", {{"GPU", 1}});
  f.submit(client, {wanting(0, {{"TPU", 1}}), wanting(1, {{"GPU", 2}}), wanting(2, {{"GPU", 1}}), f.task(3)});
  CHECK(f.all<compute>().size() == 2);
  CHECK(in(f.core, task_stage::queued) == 2);
  SECTION("until a worker comes that has it") {
    auto late = add_worker(f, "late", {{"TPU", 4}});
    CHECK(f.only<compute>().worker == late);
  }
  SECTION("and they can be cancelled") {
    f.cancel(client, {0, 1});
    CHECK(in(f.core, task_stage::queued) == 0);
    auto late = add_worker(f, "late", {{"TPU", 4}, {"GPU", 4}});
    CHECK(f.none_of<compute>());
    static_cast<void>(late);
  }
}

TEST_CASE("what a lost worker's tasks held is held elsewhere when they run again") {
  core_fixture f;
  auto client = f.add_client();
  auto first = add_worker(f, "first", {{"GPU", 1}});
  f.submit(client, {wanting(0, {{"GPU", 1}})});
  auto second = add_worker(f, "second", {{"GPU", 1}});
  f.remove_worker(first);
  CHECK(f.only<compute>().worker == second);
  CHECK(f.only<compute>().order.resources[0].units == std::vector<std::uint32_t>{0});
}

TEST_CASE("a failed attempt gives back what it held before it is tried again") {
  core_fixture f;
  auto client = f.add_client();
  add_worker(f, "a", {{"GPU", 1}});
  auto task = wanting(0, {{"GPU", 1}});
  task.retries = 1;
  f.submit(client, {task});
  f.failed(f.only<compute>(), 5);
  f.failed(f.only<compute>(), 6);
  CHECK(f.only<task_erred>().attempt_number == 2);
  f.release(client, {0});
  f.check_empty();
}

TEST_CASE("the more important of those that want the same comes first") {
  core_fixture f;
  auto client = f.add_client();
  add_worker(f, "a", {{"GPU", 1}});
  f.submit(client, {wanting(0, {{"GPU", 1}}), wanting(1, {{"GPU", 1}})});
  auto first = f.only<compute>();
  auto urgent = wanting(2, {{"GPU", 1}});
  urgent.priority = 5;
  f.submit(client, {urgent});
  f.done(first);
  CHECK(f.only<compute>().order.priority == 5);
}

TEST_CASE("a task for some workers runs on one of them, by name, address or host") {
  core_fixture f;
  auto client = f.add_client();
  add_worker(f, "a", {}, 4, "tcp://10.0.0.1:4000");
  auto b = add_worker(f, "b", {}, 4, "tcp://10.0.0.2:4001");
  auto c = add_worker(f, "c", {}, 4, "tcp://[fe80::1]:4002");
  std::uint32_t index = 0;
  for (auto const* name : {"b", "tcp://10.0.0.2:4001", "10.0.0.2"}) {
    f.submit(client, {only_on(index++, {name})});
    CHECK(f.only<compute>().worker == b);
  }
  f.submit(client, {only_on(index++, {"fe80::1"})});
  CHECK(f.only<compute>().worker == c);
}

TEST_CASE("a task for a worker that is not there waits for it, or runs elsewhere where that is allowed") {
  core_fixture f;
  auto client = f.add_client();
  auto here = add_worker(f, "here", {});
  f.submit(client, {only_on(0, {"there"}), only_on(1, {"there"}, true)});
  CHECK(f.only<compute>().worker == here);
  auto there = add_worker(f, "there", {});
  CHECK(f.only<compute>().worker == there);
  f.submit(client, {only_on(2, {"there"}, true)});
  CHECK(f.only<compute>().worker == there);
}

TEST_CASE("that nobody has what tasks want is said once, after some patience") {
  core_fixture f;
  auto client = f.add_client();
  add_worker(f, "a", {{"GPU", 1}});
  f.submit(client,
           {wanting(0, {{"TPU", 2}}), wanting(1, {{"TPU", 2}}), wanting(2, {{"GPU", 1}}), wanting(3, {{"GPU", 1}})});
  auto due = f.core.next_deadline();
  REQUIRE(due);
  CHECK(*due == f.now + std::chrono::seconds(5));
  f.now = *due - std::chrono::nanoseconds(1);
  f.handle(to_scheduler::tick{f.now});
  CHECK(f.none_of<by_scheduler::unmet_demand>());
  f.now = *due;
  f.handle(to_scheduler::tick{f.now});
  auto said = f.only<by_scheduler::unmet_demand>();
  CHECK(said.tasks == 2);
  CHECK(said.reason == "none of 1 workers that may run it has 2 TPU");
  // Those that wait for what is in use are looked at again.
  CHECK(f.core.next_deadline() == *due + std::chrono::seconds(5));
  f.now = *due + std::chrono::seconds(5);
  f.handle(to_scheduler::tick{f.now});
  CHECK(f.none_of<by_scheduler::unmet_demand>());
  f.cancel(client, {2, 3});
  f.handle(to_scheduler::tick{f.now + std::chrono::seconds(50)});
  CHECK_FALSE(f.core.next_deadline());
}

TEST_CASE("what a worker says of amounts that cannot be is not heeded, and a task's double wish counts once") {
  core_fixture f;
  auto client = f.add_client();
  add_worker(f, "liar", {{"GPU", -1}, {"MEM", std::numeric_limits<double>::quiet_NaN()}, {"TPU", 1}});
  f.submit(client, {wanting(0, {{"GPU", 1}}), wanting(1, {{"MEM", 1}}), wanting(2, {{"TPU", 1}, {"TPU", 1}})});
  CHECK(f.only<compute>().order.resources == std::vector<resource_share>{{"TPU", 1, {0}}});
}

TEST_CASE("a function that some workers lack gets what its tasks demand all the same") {
  core_fixture f;
  auto client = f.add_client();
  auto rich = add_worker(f, "rich", {{"GPU", 1}});
  auto plain = add_worker(f, "plain", {});
  add_worker_without(f, {0});
  f.submit(client, {wanting(0, {{"GPU", 1}}), wanting(1, {{"GPU", 1}}), only_on(2, {"plain"})});
  auto runs = f.all<compute>();
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].worker == rich);
  CHECK(runs[0].order.resources.size() == 1);
  CHECK(runs[1].worker == plain);
  CHECK(in(f.core, task_stage::queued) == 1);
  f.done(runs[0]);
  CHECK(f.only<compute>().worker == rich);
}

TEST_CASE("a function that some workers lack waits for room on those that have it, and is not held back elsewhere") {
  core_fixture f;
  auto client = f.add_client();
  auto able = f.add_worker(1);
  auto other = add_worker_without(f, {1});
  std::vector<submitted_task> tasks;
  for (std::uint32_t i = 0; i < 5; ++i) {
    tasks.push_back(core_fixture::task(i));
    tasks.back().function = {1};
  }
  f.submit(client, tasks);
  auto runs = f.all<compute>();
  REQUIRE(runs.size() == 2);
  for (auto const& run : runs) CHECK(run.worker == able);
  SECTION("a paused worker gives them back and gets none") {
    f.handle(to_scheduler::pause{f.now, able, true});
    CHECK(f.all<stop_task>().size() == 2);
    f.ended_cancelled(runs[1], false);
    CHECK(f.none_of<compute>());
    f.handle(to_scheduler::pause{f.now, able, false});
    CHECK(f.only<compute>().worker == able);
  }
  SECTION("the most important comes first, then what was submitted first, whatever function it is of") {
    add_worker_without(f, {1, 2});
    auto urgent = core_fixture::task(5);
    urgent.function = {2};
    urgent.priority = 1;
    auto late = core_fixture::task(6);
    late.function = {2};
    f.submit(client, {urgent, late});
    for (auto const& run : f.all<compute>()) CHECK(run.worker == other);
  }
  SECTION("and their place in line is that of what they wait for") {
    f.cancel(client, {2, 3, 4});
    auto user = core_fixture::task(8, {1});
    user.function = {1};
    auto later = core_fixture::task(7);
    later.function = {1};
    f.submit(client, {later, user});
    f.done(runs[1], 8, std::chrono::seconds(1));
    CHECK(f.only<compute>().order.payload == user.payload);
  }
}

TEST_CASE("a function whose only worker left waits for the next that has it, and says so") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker();
  add_worker_without(f, {1});
  auto first = core_fixture::task(0);
  auto second = core_fixture::task(1, {0});
  first.function = second.function = {1};
  f.submit(client, {first, second});
  f.remove_worker(f.only<compute>().worker);
  CHECK(f.none_of<task_cancelled>());
  CHECK(in(f.core, task_stage::queued) == 1);
  CHECK(f.core.explain(f.core.find(client, {0, 1})) == "none of 1 workers has its function");
  f.handle(to_scheduler::tick{f.now + std::chrono::seconds(6)});
  CHECK(f.only<by_scheduler::unmet_demand>().reason == "none of 1 workers has its function");
  auto back = f.add_worker();
  CHECK(f.only<compute>().worker == back);
  f.done(f.only<compute>());
  CHECK(f.only<compute>().worker == back);
  f.done(f.only<compute>());
  f.release(client, {0, 1});
  f.check_empty();
}

TEST_CASE("what waits is kept from a worker that joins without its function, and goes there once it has it") {
  core_fixture f;
  auto client = f.add_client();
  auto task = core_fixture::task(0);
  auto aside = core_fixture::task(1);
  aside.aside = true;
  f.submit(client, {task, aside, wanting(2, {{"GPU", 1}})});
  auto without = add_worker_without(f, {0}, {{"GPU", 1}});
  CHECK(f.none_of<compute>());
  SECTION("it is given the function") {
    f.handle(to_scheduler::set_lacking{f.now, {0}, {}});
    auto runs = f.all<compute>();
    CHECK(runs.size() == 3);
    for (auto const& run : runs) CHECK(run.worker == without);
  }
  SECTION("another one comes") {
    auto able = add_worker(f, "able", {{"GPU", 1}});
    auto runs = f.all<compute>();
    CHECK(runs.size() == 3);
    for (auto const& run : runs) CHECK(run.worker == able);
  }
  SECTION("nobody wants it any more") {
    f.release(client, {0, 1, 2});
    f.check_empty();
  }
}

TEST_CASE("an idle worker is given nothing of another's that it has no function for") {
  core_fixture f;
  auto client = f.add_client();
  auto able = f.add_worker(1);
  std::vector<submitted_task> tasks;
  for (std::uint32_t i = 0; i < 2; ++i) tasks.push_back(core_fixture::task(i));
  f.submit(client, tasks);
  CHECK(f.all<compute>().size() == 2);
  add_worker_without(f, {0});
  CHECK(f.none_of<stop_task>());
  f.now += std::chrono::seconds(1);
  add_worker(f, "able, too", {});
  CHECK(f.only<stop_task>().worker == able);
}
