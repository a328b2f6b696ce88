#include <troupe/futures/task.hpp>

#include <troupe/futures/run_loop.hpp>

#include "support/counted.hpp"
#include "support/started.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <stdexcept>

using troupe::task;
using troupe::test::counted;
using troupe::test::started;

namespace {

task<int> one() { co_return 1; }
task<void> nothing() { co_return; }
task<int> failing() {
  throw std::runtime_error("broken");
  co_return 0;
}

task<long> await_a_million_times() {
  long sum = 0;
  for (int i = 0; i < 1'000'000; ++i) sum += co_await one();
  co_return sum;
}

task<int> nested(int depth) {
  if (depth == 0) co_return 0;
  int below = co_await nested(depth - 1);
  co_return below + 1;
}

task<counted> make_counted(counted parameter) { co_return counted(parameter.value); }

}  // namespace

TEST_CASE("a task runs when it is awaited, not before") {
  bool ran = false;
  auto body = [](bool& flag) -> task<void> {
    flag = true;
    co_return;
  };
  {
    auto unawaited = body(ran);
  }
  CHECK_FALSE(ran);
  troupe::block_on(body(ran));
  CHECK(ran);
}

TEST_CASE("a task gives its value, which need not be copyable") {
  auto box = []() -> task<std::unique_ptr<int>> { co_return std::make_unique<int>(3); };
  CHECK(*troupe::block_on(box()) == 3);
}

TEST_CASE("an exception passes through all tasks that await") {
  auto outer = []() -> task<int> { co_return co_await failing(); };
  CHECK_THROWS_WITH(troupe::block_on(outer()), "broken");
  auto void_outer = []() -> task<void> {
    co_await nothing();
    co_await failing();
  };
  CHECK_THROWS_WITH(troupe::block_on(void_outer()), "broken");
}

TEST_CASE("awaiting an empty task throws") {
  auto body = []() -> task<void> {
    task<int> empty;
    co_await std::move(empty);
  };
  CHECK_THROWS_AS(troupe::block_on(body()), troupe::future_invalid);
}

TEST_CASE("a million awaits of tasks that do not suspend need no stack") {
  CHECK(troupe::block_on(await_a_million_times()) == 1'000'000);
}

TEST_CASE("a chain of a hundred thousand tasks ends without recursion") {
  CHECK(troupe::block_on(nested(100'000)) == 100'000);
}

TEST_CASE("a task destroys its parameters and its value once") {
  {
    auto unawaited = make_counted(counted(1));
    CHECK(counted::live() == 1);
    counted made = troupe::block_on(make_counted(counted(2)));
    CHECK(made.value == 2);
  }
  CHECK(counted::live() == 0);
}

TEST_CASE("a task inherits executor and stop token from the coroutine that awaits it") {
  auto inner = []() -> task<bool> {
    auto token = co_await troupe::this_task::stop_token();
    auto& where = co_await troupe::this_task::where();
    co_return token.stop_requested() && &where == troupe::executor::current();
  };
  auto outer = [](task<bool> body) -> task<bool> { co_return co_await std::move(body); };
  troupe::manual_executor loop;
  started check(loop, outer(inner()));
  check.request_stop();
  loop.run();
  CHECK(check.result());
}
