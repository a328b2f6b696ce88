#include "core_fixture.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

/// Workers with one thread each. A run of function 0 takes 10 ms, as is known; a task of it that may have a second
/// attempt runs on the first worker, the others have nothing to do.
class straggler : public core_fixture {
 public:
  explicit straggler(std::size_t count = 2, scheduler_options options = {}) : core_fixture(options) {
    client = add_client();
    for (std::size_t i = 0; i < count; ++i) workers.push_back(add_worker(1));
    know_run_time();
  }

  static submitted_task slow(std::uint32_t index, std::initializer_list<std::uint32_t> deps = {}) {
    auto t = task(index, deps);
    t.speculate = true;
    return t;
  }
  void know_run_time() {
    for (std::uint32_t i = 100; i < 103; ++i) {
      submit(client, {task(i)});
      done(only<compute>(), 8, 10ms);
      release(client, {i});
    }
  }
  compute start(submitted_task what) {
    submit(client, {std::move(what)});
    auto run = only<compute>();
    REQUIRE(run.worker == workers[0]);
    return run;
  }
  void tick_after(duration time) {
    now += time;
    handle(to_scheduler::tick{now});
  }
  /// Its second attempt.
  compute start_second() {
    tick_after(110ms);
    return only<compute>();
  }

  client_id client;
  std::vector<worker_id> workers;
};

}  // namespace

TEST_CASE("a task that runs for much longer than its function does is run a second time by a worker without work") {
  straggler f;
  auto first = f.start(f.slow(0));
  CHECK(f.core.next_deadline() == f.now + 110ms);
  f.tick_after(109ms);
  CHECK(f.none_of<compute>());
  f.tick_after(1ms);
  auto second = f.only<compute>();
  CHECK(second.worker == f.workers[1]);
  CHECK(second.order.task == first.order.task);
  CHECK(second.order.payload == first.order.payload);
  CHECK(second.order.attempt != first.order.attempt);
  CHECK(second.order.attempt_number == 2);
  CHECK(f.core.statistics().second_attempts == 1);
  CHECK(f.core.explain(first.order.task) == "it was given to worker, and then to worker, in execution 2");
  SECTION("and not a third time") {
    f.add_worker(1);
    f.tick_after(10s);
    CHECK(f.none_of<compute>());
    CHECK_FALSE(f.core.next_deadline());
  }
}

TEST_CASE("only tasks that may run twice do") {
  straggler f;
  f.start(f.task(0));
  CHECK_FALSE(f.core.next_deadline());
  f.tick_after(10s);
  CHECK(f.none_of<compute>());
}

TEST_CASE("a long task is late when it has run three times as long as others") {
  straggler f;
  for (std::uint32_t i = 0; i < 3; ++i) {
    auto t = f.task(i);
    t.function = {1};
    f.submit(f.client, {t});
    f.done(f.only<compute>(), 8, 1s);
  }
  auto slow = f.slow(10);
  slow.function = {1};
  f.start(slow);
  f.tick_after(2999ms);
  CHECK(f.none_of<compute>());
  f.tick_after(1ms);
  CHECK(f.only<compute>().worker == f.workers[1]);
}

TEST_CASE("a task is not late as long as too little is known of its function") {
  straggler f;
  auto slow = f.slow(10);
  slow.function = {1};
  f.start(slow);
  for (int i = 0; i < 10; ++i) {
    f.tick_after(1s);
    CHECK(f.none_of<compute>());
    CHECK(f.core.next_deadline() == f.now + 100ms);
  }
  for (std::uint32_t i = 0; i < 3; ++i) {
    auto t = f.task(i);
    t.function = {1};
    f.submit(f.client, {t});
    f.done(f.only<compute>(), 8, 1s);
  }
  f.tick_after(100ms);
  CHECK(f.only<compute>().worker == f.workers[1]);
}

TEST_CASE("a task that waits for others on its worker has not begun to be late") {
  straggler f(1);
  auto quick = f.task(0);
  f.submit(f.client, {quick, f.slow(1)});
  REQUIRE(f.all<compute>().size() == 2);
  auto idle = f.add_worker(1);
  // It is asked back, which has not come to pass when it would have been late alone.
  f.tick_after(110ms);
  CHECK(f.none_of<compute>());
  f.tick_after(10ms);
  CHECK(f.only<compute>().worker == idle);
}

TEST_CASE("the result of the second attempt counts where it comes first, and the first is asked to stop") {
  straggler f;
  auto first = f.start(f.slow(0));
  auto second = f.start_second();
  f.done(second, 8, 10ms);
  auto finished = f.only<task_finished>();
  CHECK(finished.task == first.order.task);
  CHECK(finished.worker == f.workers[1]);
  auto stop = f.only<stop_task>();
  CHECK(stop.worker == f.workers[0]);
  CHECK(stop.order.attempt == first.order.attempt);
  CHECK_FALSE(stop.order.only_if_unstarted);
  CHECK(f.core.statistics().overtaken == 1);
  // Until it has ended its thread is busy.
  CHECK(f.core.tasks_on(f.workers[0]) == 1);
  f.submit(f.client, {f.task(1)});
  auto other = f.only<compute>();
  CHECK(other.worker == f.workers[1]);
  f.done(other);

  SECTION("it stops") { f.ended_cancelled(first, true); }
  SECTION("it fails") {
    f.failed(first, 77);
    CHECK(f.only<drop_errors>().errors == std::vector<payload_id>{{77}});
  }
  SECTION("it ends with a result, which is freed") {
    f.done(first);
    CHECK(f.none_of<task_finished>());
    CHECK(f.only<free_data>().worker == f.workers[0]);
    CHECK(f.core.statistics().copies == 2);
  }
  SECTION("it ends with a result that its worker has fetched meanwhile") {
    f.replica(f.workers[0], first.order.task);
    f.done(first);
    CHECK(f.none_of<free_data>());
    CHECK(f.core.statistics().copies == 3);
  }
  SECTION("nobody wants the result any more when it ends") {
    f.release(f.client, {0});
    f.done(first);
    CHECK(f.only<free_data>().worker == f.workers[0]);
  }
  SECTION("its worker is lost") {
    f.remove_worker(f.workers[0]);
    CHECK(f.none_of<compute>());
    f.release(f.client, {0, 1});
    return f.check_empty();
  }
  CHECK(f.core.tasks_on(f.workers[0]) == 0);
  f.release(f.client, {0, 1});
  f.check_empty();
}

TEST_CASE("the result of the first attempt counts where it comes first, and the second is asked to stop") {
  straggler f;
  auto first = f.start(f.slow(0));
  auto second = f.start_second();
  f.done(first, 8, 115ms);
  CHECK(f.only<task_finished>().worker == f.workers[0]);
  auto stop = f.only<stop_task>();
  CHECK(stop.worker == f.workers[1]);
  CHECK(stop.order.attempt == second.order.attempt);
  CHECK(f.core.statistics().overtaken == 0);
  f.suspended(second);
  f.ended_cancelled(second, true);
  CHECK(f.core.tasks_on(f.workers[1]) == 0);
  f.release(f.client, {0});
  f.check_empty();
}

TEST_CASE("an attempt that fails while another runs is no failure of the task") {
  straggler f;
  auto first = f.start(f.slow(0));
  auto second = f.start_second();
  auto left = GENERATE(0, 1);
  auto const& failing = left == 0 ? second : first;
  auto const& other = left == 0 ? first : second;
  if (GENERATE(true, false))
    f.failed(failing, 70);
  else
    f.unreadable(failing, {9, 9}, 70);
  CHECK(f.none_of<task_erred>());
  CHECK(f.none_of<compute>());
  CHECK(f.only<drop_errors>().errors == std::vector<payload_id>{{70}});
  SECTION("the other gives the result") {
    f.done(other);
    CHECK(f.only<task_finished>().worker == other.worker);
  }
  SECTION("the other fails as well") {
    f.failed(other, 71);
    CHECK(f.only<task_erred>().error == payload_id{71});
  }
  f.release(f.client, {0});
  f.check_empty();
}

TEST_CASE("retries are counted when no attempt is left") {
  straggler f;
  auto slow = f.slow(0);
  slow.retries = 1;
  auto first = f.start(slow);
  auto second = f.start_second();
  f.failed(second, 70);
  f.failed(first, 71);
  auto again = f.only<compute>();
  CHECK(again.order.attempt_number == 3);
  f.failed(again, 72);
  CHECK(f.only<task_erred>().error == payload_id{72});
}

TEST_CASE("a worker that is lost takes one attempt with it") {
  straggler f(3);
  auto first = f.start(f.slow(0));
  auto second = f.start_second();
  SECTION("the first: the second goes on") {
    f.remove_worker(f.workers[0]);
    CHECK(f.none_of<compute>());
    // It may be late in its turn.
    f.tick_after(110ms);
    auto third = f.only<compute>();
    CHECK(third.worker == f.workers[2]);
    f.done(second);
    CHECK(f.only<task_finished>().worker == f.workers[1]);
    f.ended_cancelled(third, true);
  }
  SECTION("the second: the first goes on, and gets another") {
    f.remove_worker(f.workers[1]);
    CHECK(f.none_of<compute>());
    f.tick_after(110ms);
    auto third = f.only<compute>();
    CHECK(third.worker == f.workers[2]);
    f.done(first);
    CHECK(f.only<task_finished>().worker == f.workers[0]);
    f.ended_cancelled(third, true);
  }
  SECTION("both: it runs again") {
    f.remove_worker(f.workers[0]);
    f.remove_worker(f.workers[1]);
    auto again = f.only<compute>();
    CHECK(again.worker == f.workers[2]);
    f.done(again);
  }
  f.release(f.client, {0});
  f.check_empty();
}

TEST_CASE("a second attempt counts as its task's when workers are lost with it") {
  scheduler_options options;
  options.allowed_failures = 1;
  straggler f(3, options);
  f.start(f.slow(0));
  static_cast<void>(f.start_second());
  f.remove_worker(f.workers[1]);
  CHECK(f.none_of<task_erred>());
  f.remove_worker(f.workers[0]);
  CHECK(f.only<task_erred>().cause == error_cause::lost_workers);
}

TEST_CASE("a task is cancelled with both of its attempts") {
  straggler f;
  auto first = f.start(f.slow(0));
  auto second = f.start_second();
  SECTION("by its client") {
    f.cancel(f.client, {0});
    CHECK(f.only<task_cancelled>().reason == cancel_reason::requested);
  }
  SECTION("by a restart") { f.handle(to_scheduler::restart{f.now}); }
  auto stops = f.all<stop_task>();
  REQUIRE(stops.size() == 2);
  CHECK(stops[0].order.attempt == first.order.attempt);
  CHECK(stops[1].order.attempt == second.order.attempt);
  f.ended_cancelled(second, true);
  f.done(first);
  f.release(f.client, {0});
  f.check_empty();
  CHECK(f.core.tasks_on(f.workers[0]) + f.core.tasks_on(f.workers[1]) == 0);
}

TEST_CASE("a function that says it was cancelled ends its task, whatever the second attempt does") {
  straggler f;
  auto first = f.start(f.slow(0));
  auto second = f.start_second();
  f.ended_cancelled(first, true);
  CHECK(f.only<task_cancelled>().reason == cancel_reason::function);
  CHECK(f.only<stop_task>().order.attempt == second.order.attempt);
  f.done(second);
  CHECK(f.only<free_data>().worker == f.workers[1]);
  f.release(f.client, {0});
  f.check_empty();
}

TEST_CASE("a task that nobody wants any more keeps one attempt at most") {
  straggler f;
  auto first = f.start(f.slow(0));
  auto second = f.start_second();
  f.release(f.client, {0});
  auto stops = f.all<stop_task>();
  REQUIRE(stops.size() == 2);
  CHECK(stops[0].order.attempt == second.order.attempt);
  CHECK_FALSE(stops[0].order.only_if_unstarted);
  CHECK(stops[1].order.only_if_unstarted);
  f.ended_cancelled(second, true);
  f.done(first);
  f.check_empty();
}

TEST_CASE("a late task waits until a worker has nothing to do") {
  straggler f(1);
  f.start(f.slow(0));
  f.tick_after(110ms);
  CHECK(f.none_of<compute>());
  SECTION("and no sooner than nobody waits for it") {
    f.submit(f.client, {f.task(1), f.task(2), f.task(3)});
    auto second = f.add_worker(1);
    for (auto const& run : f.all<compute>()) CHECK(run.order.payload != payload_id{1000});
    static_cast<void>(second);
  }
  SECTION("which comes") {
    f.add_worker(1);
    CHECK(f.only<compute>().order.payload == payload_id{1000});
  }
  SECTION("which does not take tasks any more") {
    auto busy = f.task(5);
    busy.function = {7};
    auto other = f.add_worker(1);
    static_cast<void>(busy);
    CHECK(f.only<compute>().worker == other);
  }
}

TEST_CASE("a task that waits for what it has submitted is not late") {
  straggler f;
  auto first = f.start(f.slow(0));
  auto child = f.task(1);
  child.function = {5};
  child.parent = submitted_parent{first.order.task, first.order.attempt};
  f.submit(f.client, {child});
  f.tick_after(10s);
  CHECK(f.core.statistics().second_attempts == 0);
}

TEST_CASE("what a second attempt submits is its task's child") {
  straggler f;
  auto first = f.start(f.slow(0));
  auto second = f.start_second();
  auto child = f.task(1);
  child.parent = submitted_parent{second.order.task, second.order.attempt};
  f.submit(f.client, {child});
  f.cancel(f.client, {0});
  CHECK(f.core.statistics().tasks_in[static_cast<std::size_t>(task_stage::cancelled)] == 2);
  static_cast<void>(first);
}

TEST_CASE("a second attempt goes where the task may run, and holds its own resources") {
  core_fixture f;
  auto client = f.add_client();
  auto add = [&](std::string name, double gpus) {
    f.handle(to_scheduler::add_worker{f.now, ++f.sessions, std::move(name), 1, 0, {}, {{"GPU", gpus}}});
    return f.only<by_scheduler::worker_added>().worker;
  };
  auto one = add("one", 1);
  auto two = add("two", 1);
  f.add_worker(1);
  for (std::uint32_t i = 100; i < 103; ++i) {
    f.submit(client, {f.task(i)});
    f.done(f.only<compute>(), 8, 10ms);
  }
  auto slow = f.task(0);
  slow.speculate = true;
  slow.resources = {{"GPU", 1}};
  f.submit(client, {slow});
  auto first = f.only<compute>();
  REQUIRE(first.worker == one);
  auto busy = f.task(1);
  busy.function = {1};
  busy.resources = {{"GPU", 1}};
  f.submit(client, {busy});
  auto holder = f.only<compute>();
  REQUIRE(holder.worker == two);
  f.now += 200ms;
  f.handle(to_scheduler::tick{f.now});
  CHECK(f.none_of<compute>());
  f.done(holder);
  auto second = f.only<compute>();
  CHECK(second.worker == two);
  REQUIRE(second.order.resources.size() == 1);
  CHECK(second.order.resources[0].units == std::vector<std::uint32_t>{0});
  f.done(second);
  f.submit(client, {busy = f.task(2)});
  auto next = f.task(3);
  next.resources = {{"GPU", 1}};
  f.submit(client, {next});
  CHECK(f.only<compute>().worker == two);
  f.ended_cancelled(first, true);
}

TEST_CASE("a task bound to one worker has no second attempt") {
  straggler f;
  auto slow = f.slow(0);
  slow.workers = {f.workers[0]};
  f.start(slow);
  f.tick_after(10s);
  CHECK(f.none_of<compute>());
}

TEST_CASE("a task that may run twice takes nothing out of the store, and nothing waits for it on a worker") {
  core_fixture f{core_fixture::ahead{}};
  auto client = f.add_client();
  f.add_worker(1);
  auto slow = f.task(1, {0});
  slow.speculate = true;
  f.submit(client, {f.task(0), slow, f.task(2, {1})});
  auto made = f.all<compute>();
  for (auto const& run : made) {
    CHECK(run.order.payload != payload_id{1002});
    for (auto const& dep : run.order.deps) CHECK_FALSE(dep.last_use);
    if (run.order.payload == payload_id{1001}) CHECK_FALSE(run.order.final_attempt);
  }
  f.release(client, {0, 1});
  f.done(made[0]);
  for (auto const& run : f.all<compute>())
    for (auto const& dep : run.order.deps) CHECK_FALSE(dep.last_use);
}

TEST_CASE("a second attempt is not begun without its inputs, and given up where it cannot get them") {
  scheduler_options options;
  options.keep_lineage = true;
  straggler f(3, options);
  auto input = f.task(50);
  input.function = {3};
  f.submit(f.client, {input});
  auto made = f.only<compute>();
  REQUIRE(made.worker == f.workers[0]);
  f.done(made, 8);
  auto first = f.start(f.slow(0, {50}));
  SECTION("lost before") {
    f.missing(first, made.order.task, f.workers[0]);
    auto again = f.only<compute>();
    CHECK(again.order.task == made.order.task);
  }
  SECTION("lost after") {
    auto second = f.start_second();
    REQUIRE(second.order.deps.size() == 1);
    f.missing(second, made.order.task, f.workers[0]);
    CHECK(f.only<compute>().order.task == made.order.task);
    CHECK(f.core.tasks_on(second.worker) <= 1);
    f.done(first);
    CHECK_FALSE(f.none_of<task_finished>());
  }
}
