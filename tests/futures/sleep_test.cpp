#include <troupe/futures/sleep_for.hpp>

#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/scope.hpp>

#include "support/pool.hpp"
#include "support/started.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using troupe::test::started;

namespace {

troupe::task<int> nap(troupe::duration time) {
  co_await troupe::sleep_for(time);
  co_return 1;
}

troupe::task<int> nap_until(troupe::time_point when) {
  co_await troupe::sleep_until(when);
  co_return 1;
}

}  // namespace

TEST_CASE("a sleep ends when the executor's clock says so, not before") {
  troupe::manual_executor loop;
  started sleeper(loop, nap(200ms));
  loop.advance(199ms);
  CHECK_FALSE(sleeper.ended());
  loop.advance(1ms);
  REQUIRE(sleeper.ended());
  CHECK(sleeper.result() == 1);
}

TEST_CASE("sleeping until a time that has passed takes one step and no time") {
  troupe::manual_executor loop;
  loop.advance(1s);
  started sleeper(loop, nap_until(loop.now() - 1ms));
  loop.run();
  CHECK(sleeper.ended());
}

TEST_CASE("a sleep that would end after the end of time waits until it is stopped") {
  troupe::manual_executor loop;
  loop.advance(1s);
  started sleeper(loop, nap(troupe::duration::max()));
  loop.advance(24h);
  CHECK_FALSE(sleeper.ended());
  sleeper.request_stop();
  loop.run();
  CHECK(sleeper.ended());
}

TEST_CASE("a stop request ends a sleep at once with cancelled_error(\"stopped\") and leaves no timer") {
  troupe::manual_executor loop;
  started sleeper(loop, nap(1h));
  loop.run();
  CHECK(loop.timers() == 1);
  sleeper.request_stop();
  CHECK(loop.timers() == 0);
  loop.run();
  REQUIRE(sleeper.ended());
  try {
    sleeper.result();
    FAIL("the sleep was not stopped");
  } catch (troupe::cancelled_error const& e) {
    CHECK(e.reason() == "stopped");
  }
}

TEST_CASE("a coroutine that was asked to stop does not fall asleep") {
  troupe::manual_executor loop;
  started sleeper(loop, nap(1h));
  sleeper.request_stop();
  loop.run();
  REQUIRE(sleeper.ended());
  CHECK_THROWS_AS(sleeper.result(), troupe::cancelled_error);
  CHECK(loop.timers() == 0);
}

TEST_CASE("a stop request after the timer rang comes too late for the sleep") {
  troupe::manual_executor loop;
  started sleeper(loop, nap(0ms));
  REQUIRE(loop.step());  // falls asleep; the timer is due at once
  REQUIRE(loop.step());
  sleeper.request_stop();
  CHECK(sleeper.ended());
  CHECK(sleeper.result() == 1);
}

TEST_CASE("sleeps on a pool end exactly once when timer and stop request meet") {
  troupe::test::pool pool(2);
  for (int round = 0; round < 300; ++round) {
    std::atomic<int> slept = 0, stopped = 0;
    troupe::scope scope(pool);
    auto body = [](std::atomic<int>& done, std::atomic<int>& ended, int i) -> troupe::task<void> {
      try {
        co_await troupe::sleep_for(std::chrono::microseconds(i * 5));
        ++done;
      } catch (troupe::cancelled_error const&) {
        ++ended;
      }
    };
    for (int i = 0; i < 20; ++i) scope.spawn(body(slept, stopped, i));
    scope.request_stop();
    troupe::block_on(scope.join());
    CHECK(slept + stopped == 20);
  }
}
