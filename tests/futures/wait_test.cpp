#include <troupe/futures/wait.hpp>

#include <troupe/futures/promise.hpp>
#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/scope.hpp>

#include "support/pool.hpp"
#include "support/started.hpp"

#include <catch2/catch.hpp>

#include <thread>

using namespace std::chrono_literals;
using troupe::wait_for;
using troupe::test::started;

namespace {

struct three {
  troupe::promise<int> a, b, c;
  std::vector<troupe::future<int>> futures{a.get_future(), b.get_future(), c.get_future()};
};

std::exception_ptr failure() { return std::make_exception_ptr(std::runtime_error("no")); }

}  // namespace

TEST_CASE("wait for all completed counts failures as done and throws nothing of theirs") {
  three fs;
  troupe::manual_executor loop;
  started outcome(loop, troupe::wait(fs.futures));
  fs.a.set_value(1), fs.b.set_error(failure());
  loop.run();
  CHECK_FALSE(outcome.ended());
  fs.futures[2].cancel();
  loop.run();
  REQUIRE(outcome.ended());
  auto result = outcome.result();
  CHECK(result.done.size() == 3);
  CHECK(result.not_done.empty());
}

TEST_CASE("wait for the first completed gives what is done and what is not, in the order given") {
  three fs;
  troupe::manual_executor loop;
  started outcome(loop, troupe::wait(fs.futures, wait_for::first_completed));
  loop.run();
  fs.b.set_value(2);
  loop.run();
  REQUIRE(outcome.ended());
  auto result = outcome.result();
  REQUIRE(result.done.size() == 1);
  CHECK(result.done[0].get() == 2);
  CHECK(result.not_done.size() == 2);
}

TEST_CASE("wait for the first exception returns at a failure") {
  three fs;
  troupe::manual_executor loop;
  started outcome(loop, troupe::wait(fs.futures, wait_for::first_exception));
  fs.a.set_value(1);
  loop.run();
  CHECK_FALSE(outcome.ended());
  fs.c.set_error(failure());
  loop.run();
  REQUIRE(outcome.ended());
  auto result = outcome.result();
  CHECK(result.done.size() == 2);
  CHECK(result.not_done.size() == 1);
}

TEST_CASE("wait for the first exception returns when all are done without one") {
  three fs;
  troupe::manual_executor loop;
  started outcome(loop, troupe::wait(fs.futures, wait_for::first_exception));
  fs.a.set_value(1), fs.b.set_value(1), fs.c.set_value(1);
  loop.run();
  CHECK(outcome.ended());
}

TEST_CASE("wait with a timeout returns what is done by then") {
  three fs;
  troupe::manual_executor loop;
  started outcome(loop, troupe::wait(fs.futures, wait_for::all_completed, 2s));
  fs.a.set_value(1);
  loop.advance(1999ms);
  CHECK_FALSE(outcome.ended());
  loop.advance(1ms);
  REQUIRE(outcome.ended());
  auto result = outcome.result();
  CHECK(result.done.size() == 1);
  CHECK(result.not_done.size() == 2);
  CHECK_FALSE(fs.futures[1].done());
}

TEST_CASE("wait leaves no timer behind when it ends in time") {
  three fs;
  troupe::manual_executor loop;
  started outcome(loop, troupe::wait(fs.futures, wait_for::first_completed, 2s));
  loop.run();
  CHECK(loop.timers() == 1);
  fs.a.set_value(1);
  CHECK(loop.timers() == 0);
  loop.run();
  CHECK(outcome.ended());
}

TEST_CASE("wait for nothing returns at once") {
  auto result = troupe::block_on(troupe::wait(std::vector<troupe::future<int>>(), wait_for::first_completed));
  CHECK(result.done.empty());
}

TEST_CASE("a stop request ends wait alone") {
  three fs;
  troupe::manual_executor loop;
  started outcome(loop, troupe::wait(fs.futures, wait_for::all_completed, 2s));
  loop.run();
  outcome.request_stop();
  loop.run();
  REQUIRE(outcome.ended());
  CHECK_THROWS_AS(outcome.result(), troupe::cancelled_error);
  CHECK(loop.timers() == 0);
  CHECK_FALSE(fs.futures[0].done());
}

TEST_CASE("wait on a pool ends once when completion, timeout and stop request meet") {
  troupe::test::pool pool(2);
  for (int round = 0; round < 500; ++round) {
    three fs;
    std::atomic<int> ended = 0;
    troupe::scope scope(pool);
    auto body = [](std::vector<troupe::future<int>> futures, std::atomic<int>& count, int i) -> troupe::task<void> {
      try {
        co_await troupe::wait(futures, i % 2 ? wait_for::first_completed : wait_for::all_completed,
                              std::chrono::microseconds(10 * i));
        ++count;
      } catch (troupe::cancelled_error const&) {
        ++count;
      }
    };
    for (int i = 0; i < 8; ++i) scope.spawn(body(fs.futures, ended, i));
    fs.a.set_value(1), fs.b.set_value(2), fs.c.set_value(3);
    if (round % 2) scope.request_stop();
    troupe::block_on(scope.join());
    CHECK(ended == 8);
  }
}
