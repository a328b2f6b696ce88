#include <troupe/futures/scope.hpp>

#include <troupe/futures/promise.hpp>
#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/sleep_for.hpp>

#include "support/counted.hpp"
#include "support/pool.hpp"
#include "support/started.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

using namespace std::chrono_literals;
using troupe::scope;
using troupe::task;
using troupe::test::counted;
using troupe::test::started;

namespace {

task<void> nap(troupe::duration time, int& ended) {
  counted local;
  co_await troupe::sleep_for(time);
  ++ended;
}
task<void> fail_after(troupe::duration time, char const* what) {
  co_await troupe::sleep_for(time);
  throw std::runtime_error(what);
}

}  // namespace

TEST_CASE("join returns when every spawned task has ended") {
  int ended = 0;
  auto body = [](int& count) -> task<int> {
    scope tasks;
    for (int i = 1; i <= 3; ++i) tasks.spawn(nap(i * 1s, count));
    co_await tasks.join();
    co_return count;
  };
  troupe::manual_executor loop;
  started joined(loop, body(ended));
  loop.advance(2s);
  CHECK_FALSE(joined.ended());
  loop.advance(1s);
  REQUIRE(joined.ended());
  CHECK(joined.result() == 3);
  CHECK(counted::live() == 0);
}

TEST_CASE("the first failure stops the other tasks, is waited for, and comes out of join") {
  int ended = 0;
  auto body = [](int& count) -> task<void> {
    scope tasks;
    tasks.spawn(nap(1h, count));
    tasks.spawn(fail_after(1s, "first"));
    tasks.spawn(fail_after(1h, "second"));
    co_await tasks.join();
  };
  troupe::manual_executor loop;
  started joined(loop, body(ended));
  loop.advance(1s);
  REQUIRE(joined.ended());
  CHECK_THROWS_WITH(joined.result(), "first");
  CHECK(ended == 0);
  CHECK(counted::live() == 0);
}

TEST_CASE("tasks that end by cancellation after a stop request are no failure") {
  int ended = 0;
  auto body = [](int& count) -> task<void> {
    scope tasks;
    tasks.spawn(nap(1h, count));
    tasks.request_stop();
    co_await tasks.join();
  };
  troupe::manual_executor loop;
  started joined(loop, body(ended));
  loop.run();
  REQUIRE(joined.ended());
  joined.result();
}

TEST_CASE("a cancellation that nobody asked for is a failure") {
  auto body = []() -> task<void> {
    auto cancelled = []() -> task<void> {
      throw troupe::cancelled_error("elsewhere");
      co_return;
    };
    scope tasks;
    tasks.spawn(cancelled());
    co_await tasks.join();
  };
  CHECK_THROWS_AS(troupe::block_on(body()), troupe::cancelled_error);
}

TEST_CASE("a stop request of the joining coroutine reaches the tasks, and join waits for them") {
  int ended = 0;
  auto body = [](int& count) -> task<void> {
    scope tasks;
    tasks.spawn(nap(1h, count));
    co_await tasks.join();
  };
  troupe::manual_executor loop;
  started joined(loop, body(ended));
  loop.run();
  joined.request_stop();
  loop.run();
  REQUIRE(joined.ended());
  CHECK_THROWS_AS(joined.result(), troupe::cancelled_error);
  CHECK(counted::live() == 0);
  CHECK(loop.timers() == 0);
}

TEST_CASE("a scope that goes unjoined stops its tasks and waits for them") {
  int ended = 0;
  auto body = [](int& count) -> task<void> {
    scope tasks;
    tasks.spawn(nap(1h, count));
    co_await troupe::sleep_for(1s);
    throw std::runtime_error("left early");
  };
  troupe::manual_executor loop;
  started left(loop, body(ended));
  loop.advance(1s);
  REQUIRE(left.ended());
  CHECK_THROWS_WITH(left.result(), "left early");
  CHECK(counted::live() == 0);
  CHECK(ended == 0);
}

TEST_CASE("a scope may be joined again after more was spawned") {
  int ended = 0;
  auto body = [](int& count) -> task<void> {
    scope tasks;
    co_await tasks.join();
    tasks.spawn(nap(0s, count));
    co_await tasks.join();
    tasks.spawn(nap(0s, count));
    co_await tasks.join();
  };
  troupe::manual_executor loop;
  started joined(loop, body(ended));
  loop.run();
  CHECK(joined.ended());
  CHECK(ended == 2);
}

TEST_CASE("spawning an empty task or making a scope outside of any executor throws") {
  troupe::manual_executor loop;
  scope tasks(loop);
  CHECK_THROWS_AS(tasks.spawn(task<void>()), troupe::future_invalid);
  CHECK(tasks.running() == 0);
  CHECK_THROWS_AS(scope(), troupe::error);
}

TEST_CASE("nested scopes end cleanly after a stop request at each step") {
  int ended = 0;
  auto body = [](int& count) -> task<void> {
    auto inner = [](int& inner_count) -> task<void> {
      scope tasks;
      for (int i = 0; i < 3; ++i) tasks.spawn(nap(i * 1s, inner_count));
      co_await tasks.join();
    };
    scope tasks;
    tasks.spawn(inner(count));
    tasks.spawn(inner(count));
    co_await tasks.join();
  };
  int const steps = troupe::test::stop_after_each_step([&] { return body(ended); }, [](int) {}, [](bool, bool) {});
  CHECK(steps > 6);
  CHECK(counted::live() == 0);
}

TEST_CASE("a scope on a pool joins tasks that end on several threads") {
  troupe::test::pool pool(3);
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> ended = 0;
    auto body = [](std::atomic<int>& count, bool fails) -> task<void> {
      ++count;
      if (fails) throw std::runtime_error("one of many");
      co_return;
    };
    auto joins = [&](scope& tasks) -> task<bool> {
      try {
        co_await tasks.join();
      } catch (std::runtime_error const&) {
        co_return true;
      }
      co_return false;
    };
    scope tasks(pool);
    for (int i = 0; i < 10; ++i) tasks.spawn(body(ended, round % 2 == 1 && i == 5));
    CHECK(troupe::block_on(joins(tasks)) == (round % 2 == 1));
    CHECK(ended == 10);
  }
}
