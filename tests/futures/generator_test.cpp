#include <troupe/futures/generator.hpp>

#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/sleep_for.hpp>

#include "support/counted.hpp"
#include "support/started.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <stdexcept>

using namespace std::chrono_literals;
using troupe::generator;
using troupe::test::counted;
using troupe::test::started;

namespace {

generator<int> count_to(int n) {
  for (int i = 1; i <= n; ++i) co_yield i;
}

generator<int> count_slowly(int n) {
  for (int i = 1; i <= n; ++i) {
    co_await troupe::sleep_for(1s);
    co_yield i;
  }
}

generator<int> one_then_failure() {
  co_yield 1;
  throw std::runtime_error("dry");
}

troupe::task<long> sum(generator<int> numbers) {
  long total = 0;
  while (auto* n = co_await numbers.next()) total += *n;
  co_return total;
}

}  // namespace

TEST_CASE("a generator gives its items one after the other, then null for ever") {
  auto body = []() -> troupe::task<int> {
    auto numbers = count_to(2);
    int seen = 0;
    for (int i = 0; i < 4; ++i) {
      auto* n = co_await numbers.next();
      seen = seen * 10 + (n ? *n : 0);
    }
    co_return seen;
  };
  CHECK(troupe::block_on(body()) == 1200);
}

TEST_CASE("a generator may wait between its items, on its consumer's executor") {
  troupe::manual_executor loop;
  started total(loop, sum(count_slowly(3)));
  loop.advance(2s);
  CHECK_FALSE(total.ended());
  loop.advance(1s);
  REQUIRE(total.ended());
  CHECK(total.result() == 6);
}

TEST_CASE("an exception out of a generator comes out of next once, then it is at its end") {
  auto body = []() -> troupe::task<int> {
    auto items = one_then_failure();
    int seen = 0;
    for (int i = 0; i < 3; ++i) {
      try {
        auto* n = co_await items.next();
        seen = seen * 10 + (n ? *n : 0);
      } catch (std::runtime_error const&) {
        seen = seen * 10 + 9;
      }
    }
    co_return seen;
  };
  CHECK(troupe::block_on(body()) == 190);
}

TEST_CASE("a generator that is destroyed early destroys its local objects") {
  auto endless = []() -> generator<counted> {
    counted local(1);
    for (int i = 0;; ++i) co_yield counted(i);
  };
  auto body = [](generator<counted> items) -> troupe::task<int> {
    co_await items.next();
    auto* second = co_await items.next();
    co_return second->value;
  };
  CHECK(troupe::block_on(body(endless())) == 1);
  CHECK(counted::live() == 0);
  {
    auto never_started = endless();
  }
  CHECK(counted::live() == 0);
}

TEST_CASE("an item may be moved out of a generator") {
  auto boxes = []() -> generator<std::unique_ptr<int>> { co_yield std::make_unique<int>(5); };
  auto body = [](generator<std::unique_ptr<int>> items) -> troupe::task<int> {
    auto* item = co_await items.next();
    auto mine = std::move(*item);
    co_return *mine;
  };
  CHECK(troupe::block_on(body(boxes())) == 5);
}

TEST_CASE("what a generator awaits sees its consumer's stop request") {
  troupe::manual_executor loop;
  started total(loop, sum(count_slowly(3)));
  loop.run();
  total.request_stop();
  loop.run();
  REQUIRE(total.ended());
  CHECK_THROWS_AS(total.result(), troupe::cancelled_error);
}

TEST_CASE("an empty generator is at its end") { CHECK(troupe::block_on(sum(generator<int>())) == 0); }

TEST_CASE("a generator's million items need no stack") {
  CHECK(troupe::block_on(sum(count_to(1'000'000))) == 500'000'500'000);
}
