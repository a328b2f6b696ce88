#include "support/stage.hpp"

#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/sleep_for.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// Functions that are called in the scheduler's process.
namespace {

using Catch::Matchers::Contains;
using troupe::block_on;
using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::opened_at_end;
using troupe::test::stage;
using troupe::test::stages_are_linked;

struct order {
  std::string item;
  std::vector<double> prices;
};

order doubled(order o) {
  for (double& p : o.prices) p *= 2;
  return o;
}
int inc(int x) { return x + 1; }
void nothing() {}
int fails(std::string const& why) { throw std::out_of_range(why); }
int pass(gate_ref g) {
  (*g)->pass();
  return 1;
}
std::unique_ptr<int> boxed(int x) { return std::make_unique<int>(x); }
troupe::task<int> later(int x) {
  co_await troupe::sleep_for(std::chrono::nanoseconds(1));
  co_return x + 1;
}
/// Ends some time after it was asked to.
troupe::task<int> stops_late(gate_ref g, troupe::test::pointer_to<std::atomic<bool>> ended) {
  auto stop = co_await troupe::this_task::stop_token();
  (*g)->pass(stop);
  for (int i = 0; i < 1'000; ++i) std::this_thread::yield();
  (*ended)->store(true);
  co_return 1;
}
int of_a_worker(troupe::worker_context& worker) { return int(worker.threads()); }
std::vector<double> many() { return std::vector<double>(1'000'000, 1.5); }

template <class T>
std::string problem_of(troupe::task<T> body) {
  try {
    static_cast<void>(block_on(std::move(body)));
  } catch (troupe::error const& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("run_on_scheduler gives what a function returns, whatever it takes") {
  stage on;
  CHECK(block_on(on.client.run_on_scheduler<inc>(1)) == 2);
  block_on(on.client.run_on_scheduler<nothing>());
  auto calling = on.client.run_on_scheduler<doubled>(order{"pear", {1, 2.5}});
  auto made = block_on(std::move(calling));
  CHECK(made.item == "pear");
  CHECK(made.prices == std::vector<double>{2, 5});
  CHECK(block_on(on.client.run_on_scheduler([](int a, int b) { return a * b; }, 6, 7)) == 42);
  CHECK(block_on(on.client.run_on_scheduler<later>(1)) == 2);
  CHECK(block_on(on.client.run_on_scheduler<many>()) == many());
}

TEST_CASE("a result that cannot be copied comes from the scheduler, too") {
  stage on;
  CHECK(*block_on(on.client.run_on_scheduler<boxed>(7)) == 7);
}

TEST_CASE("run_on_scheduler needs no worker and makes no task") {
  gate g;
  stage on;
  opened_at_end opened(g);
  auto busy = on.client.submit<pass>(gate_ref(&g));
  g.wait_for(1);
  CHECK(block_on(on.client.run_on_scheduler<inc>(1)) == 2);
  CHECK(on.client.cluster_info().get().tasks == 1);
}

TEST_CASE("the scheduler goes on while a function runs in its process, and another begins at once") {
  gate g;
  stage on;
  opened_at_end opened(g);
  int passed = 0;
  std::thread waiting([&] { passed = block_on(on.client.run_on_scheduler<pass>(gate_ref(&g))); });
  g.wait_for(1);
  CHECK(on.client.submit<inc>(1).get() == 2);
  CHECK(block_on(on.client.run_on_scheduler<inc>(2)) == 3);
  g.open();
  waiting.join();
  CHECK(passed == 1);
}

TEST_CASE("what a function throws on the scheduler comes back and names the scheduler") {
  stage on;
  try {
    block_on(on.client.run_on_scheduler<fails>("no such pear"));
    FAIL("nothing was thrown");
  } catch (troupe::task_error const& e) {
    CHECK(e.message() == "no such pear");
    CHECK(e.type_name() == "std::out_of_range");
    CHECK(e.function() == "fails");
    CHECK(e.worker() == "scheduler");
  }
  CHECK(block_on(on.client.run_on_scheduler<inc>(1)) == 2);
}

TEST_CASE("a scheduler runs no function that takes the context of a worker") {
  stage on;
  CHECK_THAT(problem_of(on.client.run_on_scheduler<of_a_worker>()), Contains("of_a_worker takes a context"));
}

TEST_CASE("a scheduler that does not have a function says so and names both programs") {
  stage on;
  auto problem = problem_of(on.client.run_on_scheduler<int>("no_such_function", 1));
  CHECK_THAT(problem, Contains("has no function no_such_function") && Contains("i32(i32)") && Contains("--preload"));
  CHECK_THAT(problem, Contains(stages_are_linked() ? "the scheduler's program" : "test_client, process"));
  CHECK_THAT(problem, Contains(stages_are_linked() ? "which " : "which a client of this program"));
}

TEST_CASE("a closed client runs nothing on the scheduler") {
  stage on;
  on.client.close();
  CHECK_THROWS_AS(block_on(on.client.run_on_scheduler<inc>(1)), troupe::client_closed);
  CHECK_THROWS_AS(troupe::client().run_on_scheduler<inc>(1), troupe::client_closed);
}

TEST_CASE("closing a client gives up waiting for its function on the scheduler") {
  gate g;
  stage on;
  opened_at_end opened(g);
  std::string problem;
  std::thread waiting([&] { problem = problem_of(on.client.run_on_scheduler<pass>(gate_ref(&g))); });
  g.wait_for(1);
  on.client.close();
  waiting.join();
  CHECK(problem == "the client was closed");
}

TEST_CASE("a cluster that closes asks a function on its scheduler to stop, and waits for its end") {
  gate g;
  std::atomic<bool> ended = false;
  stage on;
  std::thread waiting([&] { static_cast<void>(problem_of(on.client.run_on_scheduler<stops_late>(&g, &ended))); });
  g.wait_for(1);
  on.cluster.close();
  CHECK(ended);
  waiting.join();
}
