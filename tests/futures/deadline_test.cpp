#include <troupe/futures/with_deadline.hpp>

#include <troupe/futures/promise.hpp>
#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/scope.hpp>
#include <troupe/futures/sleep_for.hpp>

#include "support/counted.hpp"
#include "support/pool.hpp"
#include "support/started.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

using namespace std::chrono_literals;
using troupe::test::counted;
using troupe::test::started;

namespace {

/// Sleeps until it is asked to stop, and goes on all the same.
troupe::task<void> until_stopped() {
  bool stopped = false;
  try {
    co_await troupe::sleep_for(1h);
  } catch (troupe::cancelled_error const&) {
    stopped = true;
  }
  CHECK(stopped);
}

troupe::task<int> nap(troupe::duration time) {
  counted local;
  co_await troupe::sleep_for(time);
  co_return 7;
}

std::string reason_of(std::exception_ptr const& error) {
  try {
    std::rethrow_exception(error);
  } catch (troupe::cancelled_error const& e) {
    return e.reason();
  } catch (std::exception const& e) {
    return e.what();
  }
}

}  // namespace

TEST_CASE("a future that is done before its deadline gives its value and leaves no timer") {
  troupe::manual_executor loop;
  troupe::promise<int> p;
  started limited(loop, troupe::with_timeout(p.get_future(), 1s));
  loop.run();
  p.set_value(3);
  loop.run();
  REQUIRE(limited.ended());
  CHECK(limited.result() == 3);
  CHECK(loop.timers() == 0);
}

TEST_CASE("a future that is not done at its deadline is cancelled with that reason") {
  troupe::manual_executor loop;
  troupe::promise<int> p;
  auto f = p.get_future();
  started limited(loop, troupe::with_deadline(f, loop.now() + 1s));
  loop.advance(999ms);
  CHECK_FALSE(f.done());
  loop.advance(1ms);
  REQUIRE(limited.ended());
  CHECK(reason_of(limited.error()) == "deadline");
  CHECK(f.cancelled());
  CHECK(p.stop_token().stop_requested());
}

TEST_CASE("a stop request ends the wait for a future with a deadline and leaves the future alone") {
  troupe::manual_executor loop;
  troupe::promise<int> p;
  auto f = p.get_future();
  started limited(loop, troupe::with_timeout(f, 1s));
  loop.run();
  limited.request_stop();
  loop.run();
  CHECK(reason_of(limited.error()) == "stopped");
  CHECK_FALSE(f.done());
  CHECK(loop.timers() == 0);
}

TEST_CASE("a task that ends before its deadline gives its value and leaves no timer") {
  troupe::manual_executor loop;
  started limited(loop, troupe::with_timeout(nap(1s), 2s));
  loop.advance(1s);
  REQUIRE(limited.ended());
  CHECK(limited.result() == 7);
  CHECK(loop.timers() == 0);
}

TEST_CASE("a task is asked to stop at its deadline and waited for") {
  auto stubborn = []() -> troupe::task<int> {
    co_await until_stopped();
    // It is asked to stop already, so only something that does not look at the token can still take time.
    auto stop = co_await troupe::this_task::stop_token();
    if (!stop.stop_requested()) co_return 0;
    throw troupe::cancelled_error("in my own time");
  };
  troupe::manual_executor loop;
  started limited(loop, troupe::with_timeout(stubborn(), 1s));
  loop.advance(1s);
  REQUIRE(limited.ended());
  CHECK(reason_of(limited.error()) == "deadline");
}

TEST_CASE("a task that has a value after all keeps it past its deadline, and a failure stays a failure") {
  auto late = [](bool fail) -> troupe::task<int> {
    co_await until_stopped();
    if (fail) throw std::runtime_error("broken");
    co_return 5;
  };
  troupe::manual_executor loop;
  started value(loop, troupe::with_timeout(late(false), 1s));
  started failure(loop, troupe::with_timeout(late(true), 1s));
  loop.advance(1s);
  CHECK(value.result() == 5);
  CHECK(reason_of(failure.error()) == "broken");
}

TEST_CASE("a task with a deadline sees its awaiter's stop request") {
  troupe::manual_executor loop;
  started limited(loop, troupe::with_timeout(nap(1h), 2h));
  loop.run();
  limited.request_stop();
  loop.run();
  REQUIRE(limited.ended());
  CHECK(reason_of(limited.error()) == "stopped");
  CHECK(counted::live() == 0);
}

TEST_CASE("deadlines nest: the nearer one counts") {
  troupe::manual_executor loop;
  started limited(loop, troupe::with_timeout(troupe::with_timeout(nap(1h), 1s), 2s));
  loop.advance(1s);
  REQUIRE(limited.ended());
  CHECK(reason_of(limited.error()) == "deadline");
  CHECK(loop.timers() == 0);
}

TEST_CASE("a step that goes on past a deadline's task has its own environment again") {
  auto body = []() -> troupe::task<bool> {
    auto const* before = troupe::detail::current_environment();
    co_await troupe::with_timeout(nap(1s), 1h);
    auto const* after = troupe::detail::current_environment();
    troupe::scope uses_it;
    co_return before&& before == after;
  };
  troupe::manual_executor loop;
  started check(loop, body());
  loop.advance(1s);
  REQUIRE(check.ended());
  CHECK(check.result());
}

TEST_CASE("tasks and futures without values can have deadlines") {
  troupe::manual_executor loop;
  troupe::promise<void> p;
  auto wait = [](troupe::duration time) -> troupe::task<void> { co_await troupe::sleep_for(time); };
  started future(loop, troupe::with_timeout(p.get_future(), 1s));
  started task(loop, troupe::with_timeout(wait(1ms), 1s));
  loop.run();
  p.set_value();
  loop.advance(1ms);
  CHECK(future.ended());
  CHECK(task.ended());
  CHECK_FALSE(task.error());
}

TEST_CASE("a deadline for nothing throws at the call") {
  CHECK_THROWS_AS(troupe::with_timeout(troupe::future<int>(), 1s), troupe::future_invalid);
  CHECK_THROWS_AS(troupe::with_timeout(troupe::task<int>(), 1s), troupe::future_invalid);
}

TEST_CASE("on a pool a task ends once when its end and its deadline meet") {
  troupe::test::pool pool(2);
  std::atomic<int> ended = 0;
  auto body = [](std::atomic<int>& count, int i) -> troupe::task<void> {
    try {
      co_await troupe::with_timeout(nap(std::chrono::microseconds(i)), std::chrono::microseconds(i));
      ++count;
    } catch (troupe::cancelled_error const&) {
      ++count;
    }
  };
  troupe::scope scope(pool);
  for (int i = 0; i < 2'000; ++i) scope.spawn(body(ended, i % 50));
  troupe::block_on(scope.join());
  CHECK(ended == 2'000);
  CHECK(counted::live() == 0);
}
