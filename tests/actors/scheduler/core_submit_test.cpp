#include "core_fixture.hpp"

#include <troupe/actors/scheduler/internal/references.hpp>

using namespace troupe;
using namespace troupe::test;

TEST_CASE("a submitted task runs, and its client is told where the result lies") {
  core_fixture f;
  auto client = f.add_client();
  auto worker = f.add_worker();
  f.submit(client, {f.task(0)});
  auto run = f.only<compute>();
  CHECK(run.worker == worker);
  CHECK(run.order.payload == payload_id{1000});
  CHECK(run.order.attempt_number == 1);
  CHECK(run.order.final_attempt);

  f.done(run, 123);
  auto told = f.only<task_finished>();
  CHECK(told.client == client);
  CHECK(told.ref == client_ref{0, 1});
  CHECK(told.worker == worker);
  CHECK(told.nbytes == 123);
  CHECK(f.only<drop_payloads>().payloads == std::vector<payload_id>{{1000}});

  f.release(client, {0});
  CHECK(f.only<free_data>().tasks == std::vector<task_id>{run.order.task});
  f.check_empty();
}

TEST_CASE("without workers tasks wait, and the first worker starts them in the order of submission") {
  core_fixture f;
  auto client = f.add_client();
  f.submit(client, {f.task(0), f.task(1)});
  CHECK(f.none_of<compute>());
  CHECK(in(f.core, task_stage::queued) == 2);
  f.add_worker(2);
  auto runs = f.all<compute>();
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].order.payload == payload_id{1000});
  CHECK(runs[1].order.payload == payload_id{1001});
}

TEST_CASE("a task runs when the last of its dependencies is in memory") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker(4);
  f.submit(client, {f.task(0), f.task(1), f.task(2, {1, 0})});
  auto runs = f.all<compute>();
  REQUIRE(runs.size() == 2);
  f.done(runs[0]);
  CHECK(f.none_of<compute>());
  f.done(runs[1]);
  auto last = f.only<compute>();
  REQUIRE(last.order.deps.size() == 2);
  // In the order of the submission, whatever ended first.
  CHECK(last.order.deps[0].task == runs[1].order.task);
  CHECK(last.order.deps[1].task == runs[0].order.task);
}

TEST_CASE("a task that only comes after another takes no value from it and does not keep it") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker(1);
  auto after = f.task(1);
  after.deps.push_back({{0, 1}, true});
  f.submit(client, {f.task(0), after});
  auto first = f.only<compute>();
  f.release(client, {0});
  CHECK(f.none_of<stop_task>());
  f.done(first);
  CHECK(f.only<compute>().order.deps.empty());
  CHECK(f.only<free_data>().tasks == std::vector<task_id>{first.order.task});
}

TEST_CASE("equal keys share one task, and the later call is dropped") {
  core_fixture f;
  auto one = f.add_client();
  auto two = f.add_client();
  f.add_worker();
  auto keyed = f.task(0);
  keyed.key = std::string("k");
  f.submit(one, {keyed});
  auto run = f.only<compute>();
  keyed.payload = {77};
  f.submit(two, {keyed});
  CHECK(f.none_of<compute>());
  CHECK(f.only<drop_payloads>().payloads == std::vector<payload_id>{{77}});

  SECTION("both are told") {
    f.done(run);
    CHECK(f.all<task_finished>().size() == 2);
    SECTION("the result stays until both have released it") {
      f.release(one, {0});
      CHECK(f.none_of<free_data>());
      f.release(two, {0});
      CHECK(f.all<free_data>().size() == 1);
      f.check_empty();
    }
    SECTION("a third is told at once") {
      auto third = keyed;
      third.ref = {5, 1};
      third.payload = {78};
      f.submit(two, {third});
      CHECK(f.only<task_finished>().ref == client_ref{5, 1});
    }
  }
}

TEST_CASE("a key cannot come to mean another call") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker();
  auto keyed = f.task(0);
  keyed.key = std::string("k");
  keyed.arguments = 5;
  f.submit(client, {keyed});
  auto run = f.only<compute>();
  auto other = keyed;
  other.ref = {1, 1};
  other.payload = {77};
  SECTION("of another function") { other.function = {9}; }
  SECTION("with other arguments") { other.arguments = 6; }
  f.submit(client, {other});
  auto erred = f.only<task_erred>();
  CHECK(erred.ref == client_ref{1, 1});
  CHECK(erred.cause == error_cause::other_call);
  CHECK(erred.origin == run.order.task);
  CHECK(f.only<drop_payloads>().payloads == std::vector<payload_id>{{77}});
  f.done(run);
  CHECK(f.only<task_finished>().ref == client_ref{0, 1});
  auto any = keyed;
  any.ref = {2, 1};
  any.function = {9};
  any.arguments = 0;
  f.submit(client, {any});
  CHECK(f.only<task_finished>().ref == client_ref{2, 1});
  f.release(client, {0, 1, 2});
  f.check_empty();
}

TEST_CASE("a reference that names nothing cancels the task that depends on it") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker();
  f.submit(client, {f.task(0, {42})});
  CHECK(f.only<task_cancelled>().reason == cancel_reason::bad_reference);
  CHECK(f.only<drop_payloads>().payloads == std::vector<payload_id>{{1000}});
  f.release(client, {0});
  f.check_empty();
}

TEST_CASE("a submission of an unknown client only drops its calls") {
  core_fixture f;
  f.submit({17}, {f.task(0)});
  CHECK(f.only<drop_payloads>().payloads.size() == 1);
  f.check_empty();
}

TEST_CASE("a client that leaves releases all it held") {
  core_fixture f;
  auto client = f.add_client();
  f.add_worker();
  f.submit(client, {f.task(0), f.task(1, {0}), f.task(2), f.task(3), f.task(4)});
  auto runs = f.all<compute>();
  f.done(runs[0]);
  f.handle(to_scheduler::remove_client{f.now, client});
  for (auto const& stop : f.all<stop_task>()) {
    f.ended_cancelled({stop.worker, {stop.order.task, stop.order.attempt, {}, 1, 0, 0, false, false, {}, {}}}, false);
  }
  f.check_empty();
  CHECK(f.core.statistics().clients == 0);
}

TEST_CASE("a reference far beyond the last is refused, however it comes") {
  core_fixture f;
  auto client = f.add_client();
  // Nothing is remembered of it: it is refused each time.
  auto once = [&f](scheduler_event const& event) {
    f.actions.clear();
    f.core.handle(event, f.actions);
    f.core.validate();
  };
  once(to_scheduler::submit{f.now, client, {f.task(100'000)}});
  CHECK(f.only<task_cancelled>().ref == client_ref{100'000, 1});
  CHECK(f.only<task_cancelled>().reason == cancel_reason::bad_reference);
  CHECK(f.only<drop_payloads>().payloads == std::vector<payload_id>{{101'000}});
  f.submit(client, {f.task(0)});
  once(to_scheduler::retry{f.now, client, {{{100'000, 1}, {0, 1}}}});
  CHECK(f.only<task_cancelled>().reason == cancel_reason::bad_reference);
  once(to_scheduler::refer{f.now, client, {100'000, 1}, {}, {}});
  CHECK(f.only<task_cancelled>().reason == cancel_reason::bad_reference);
  f.release(client, {0});
  f.check_empty();
}

TEST_CASE("a refused key is named to what depends on it as well, also when the first call is forgotten") {
  core_fixture f;
  auto client = f.add_client();
  auto keyed = [&f](std::uint32_t index, std::uint64_t arguments) {
    auto task = f.task(index);
    task.key = std::string("k");
    task.arguments = arguments;
    return task;
  };
  f.submit(client, {keyed(0, 1), keyed(1, 2)});
  auto first = f.only<task_erred>();
  REQUIRE(first.clash);
  CHECK(first.clash->key == "k");
  f.release(client, {0});
  f.submit(client, {f.task(2, {1})});
  auto second = f.only<task_erred>();
  CHECK(second.ref == client_ref{2, 1});
  CHECK(second.clash == first.clash);
  f.release(client, {1, 2});
  f.check_empty();
}

TEST_CASE("an index whose generations are used up is not given out again") {
  reference_numbers numbers(UINT32_MAX - 1);
  auto first = numbers.take();
  CHECK(first == client_ref{0, UINT32_MAX - 1});
  numbers.give_back(first);
  auto last = numbers.take();
  CHECK(last == client_ref{0, UINT32_MAX});
  numbers.give_back(last);
  CHECK(numbers.take() == client_ref{1, UINT32_MAX - 1});
}
