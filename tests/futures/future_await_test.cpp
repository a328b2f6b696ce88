#include <troupe/futures/future.hpp>

#include <troupe/futures/promise.hpp>
#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/scope.hpp>

#include "support/counted.hpp"
#include "support/pool.hpp"
#include "support/started.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <thread>

using troupe::future;
using troupe::promise;
using troupe::test::counted;
using troupe::test::started;

namespace {

troupe::task<int> read(future<int> f) { co_return co_await f; }

}  // namespace

TEST_CASE("awaiting a future by name reads the value in place") {
  auto same_place = [](future<std::string> f) -> troupe::task<bool> {
    std::string const& first = co_await f;
    std::string const& second = co_await f;
    co_return std::addressof(first) == std::addressof(second) && first == "text";
  };
  CHECK(troupe::block_on(same_place(troupe::make_ready_future(std::string("text")))));
}

TEST_CASE("awaiting an expiring future moves the value out for the last holder and copies it for others") {
  auto take = [](future<counted> f) -> troupe::task<int> {
    counted taken = co_await std::move(f);
    co_return taken.value;
  };
  int const before = counted::copies();
  CHECK(troupe::block_on(take(troupe::make_ready_future(counted(4)))) == 4);
  CHECK(counted::copies() == before);
  auto kept = troupe::make_ready_future(counted(5));
  CHECK(troupe::block_on(take(kept)) == 5);
  CHECK(counted::copies() == before + 1);
}

TEST_CASE("a value that cannot be copied and has other holders is not given away") {
  auto take = [](future<std::unique_ptr<int>> f) -> troupe::task<int> {
    auto taken = co_await std::move(f);
    co_return *taken;
  };
  auto kept = troupe::make_ready_future(std::make_unique<int>(5));
  CHECK_THROWS_AS(troupe::block_on(take(kept)), troupe::future_shared);
  CHECK(**&kept.get() == 5);
  int const taken = troupe::block_on(take(std::move(kept)));
  CHECK(taken == 5);
}

TEST_CASE("the awaiting coroutine resumes on its own executor") {
  auto body = [](future<int> f) -> troupe::task<bool> {
    auto& mine = co_await troupe::this_task::where();
    co_await f;
    co_return troupe::executor::current() == &mine;
  };
  promise<int> p;
  std::jthread completes([&p] { p.set_value(1); });
  CHECK(troupe::block_on(body(p.get_future())));
}

TEST_CASE("all that await a future resume when it is done") {
  troupe::manual_executor loop;
  promise<int> p;
  started first(loop, read(p.get_future()));
  started second(loop, read(p.get_future()));
  loop.run();
  p.set_value(3);
  CHECK_FALSE(first.ended());
  loop.run();
  CHECK(first.result() == 3);
  CHECK(second.result() == 3);
}

TEST_CASE("cancelling a future ends all its awaits at once and asks its maker to stop") {
  troupe::manual_executor loop;
  promise<int> p;
  auto f = p.get_future();
  started waits(loop, read(f));
  loop.run();
  CHECK_FALSE(p.stop_token().stop_requested());
  f.cancel();
  CHECK(p.stop_token().stop_requested());
  loop.run();
  REQUIRE(waits.ended());
  CHECK_THROWS_AS(waits.result(), troupe::cancelled_error);
}

TEST_CASE("stopping an await ends that await alone") {
  troupe::manual_executor loop;
  promise<int> p;
  started stopped(loop, read(p.get_future()));
  started goes_on(loop, read(p.get_future()));
  loop.run();
  stopped.request_stop();
  loop.run();
  REQUIRE(stopped.ended());
  CHECK_FALSE(goes_on.ended());
  CHECK_THROWS_AS(stopped.result(), troupe::cancelled_error);
  p.set_value(1);
  loop.run();
  CHECK(goes_on.result() == 1);
}

TEST_CASE("an await of a finished future ignores a stop request") {
  troupe::manual_executor loop;
  started reads(loop, read(troupe::make_ready_future(1)));
  reads.request_stop();
  loop.run();
  CHECK(reads.result() == 1);
}

TEST_CASE("a million awaits of finished futures need no stack") {
  auto body = []() -> troupe::task<long> {
    auto f = troupe::make_ready_future(1);
    long sum = 0;
    for (int i = 0; i < 1'000'000; ++i) sum += co_await f;
    co_return sum;
  };
  CHECK(troupe::block_on(body()) == 1'000'000);
}

TEST_CASE("a task that awaits futures ends cleanly after a stop request at each step") {
  auto body = [](std::vector<future<counted>> fs) -> troupe::task<void> {
    counted local;
    for (auto& f : fs) co_await f;
  };
  std::vector<promise<counted>> ps;
  int completed = 0;
  int const steps = troupe::test::stop_after_each_step(
      [&] {
        ps = std::vector<promise<counted>>(4);
        completed = 0;
        std::vector<future<counted>> fs;
        fs.reserve(ps.size());
        for (auto& p : ps) fs.push_back(p.get_future());
        return body(std::move(fs));
      },
      [&](int step) {
        if (step > 0 && completed < 4) ps[completed++].set_value(counted(step));
      },
      [](bool, bool) {});
  ps.clear();
  CHECK(steps >= 4);
  CHECK(counted::live() == 0);
}

TEST_CASE("completion, cancellation and stop requests from threads end an await exactly once") {
  troupe::test::pool pool(2);
  for (int round = 0; round < 500; ++round) {
    promise<int> p;
    auto f = p.get_future();
    std::atomic<int> ended = 0;
    auto body = [](future<int> awaited, std::atomic<int>& count) -> troupe::task<void> {
      try {
        co_await awaited;
        ++count;
      } catch (troupe::cancelled_error const&) {
        ++count;
      }
    };
    troupe::scope scope(pool);
    for (int i = 0; i < 6; ++i) scope.spawn(body(f, ended));
    std::jthread completes([&p] { p.set_value(1); });
    if (round % 3 == 1) f.cancel();
    if (round % 3 == 2) scope.request_stop();
    troupe::block_on(scope.join());
    CHECK(ended == 6);
  }
}

TEST_CASE("copies of a future may be made and dropped by many threads while it completes") {
  for (int round = 0; round < 200; ++round) {
    auto p = std::make_unique<promise<counted>>();
    std::atomic<int> right = 0;
    std::vector<std::jthread> threads;
    threads.reserve(3);
    for (int t = 0; t < 3; ++t)
      threads.emplace_back([f = p->get_future(), &right] {
        for (int i = 0; i < 50; ++i) {
          auto copy = f;
          copy = copy.done() ? f : future<counted>();
        }
        right += f.get().value == 6;
      });
    p->set_value(counted(6));
    p.reset();
    threads.clear();
    CHECK(right == 3);
  }
  CHECK(counted::live() == 0);
}

TEST_CASE("a thread that completes the last future of a block_on does not touch its loop afterwards") {
  for (int round = 0; round < 2'000; ++round) {
    promise<int> p;
    auto f = p.get_future();
    std::jthread completes([&p] { p.set_value(1); });
    CHECK(troupe::block_on(read(f)) == 1);
  }
}
