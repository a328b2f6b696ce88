#include <troupe/futures/as_completed.hpp>

#include <troupe/futures/promise.hpp>
#include <troupe/futures/run_loop.hpp>

#include "support/pool.hpp"
#include "support/started.hpp"

#include <catch2/catch.hpp>

#include <thread>

using troupe::test::started;

namespace {

struct promises {
  explicit promises(int n) : all(n) {}
  [[nodiscard]] std::vector<troupe::future<int>> futures() const {
    std::vector<troupe::future<int>> fs;
    fs.reserve(all.size());
    for (auto const& p : all) fs.push_back(p.get_future());
    return fs;
  }
  std::vector<troupe::promise<int>> all;
};

troupe::task<std::vector<int>> drain(troupe::as_completed<int>& completed) {
  std::vector<int> values;
  while (auto next = co_await completed.next()) values.push_back(next->failed() ? -1 : co_await *next);
  co_return values;
}

}  // namespace

TEST_CASE("as_completed gives futures in the order in which they are done") {
  troupe::manual_executor loop;
  promises ps(3);
  auto completed = troupe::as_completed(ps.futures());
  started consumer(loop, drain(completed));
  loop.run();
  for (int i : {2, 0, 1}) {
    ps.all[i].set_value(i);
    loop.run();
  }
  REQUIRE(consumer.ended());
  CHECK(consumer.result() == std::vector{2, 0, 1});
}

TEST_CASE("as_completed gives futures that were done before in the order of adding") {
  promises ps(3);
  for (int i : {2, 1, 0}) ps.all[i].set_value(i);
  auto fs = ps.futures();
  auto completed = troupe::as_completed(fs);
  CHECK(completed.size() == 3);
  CHECK(troupe::block_on(drain(completed)) == std::vector{0, 1, 2});
  CHECK(completed.empty());
}

TEST_CASE("an empty as_completed has no next, and goes on after more was added") {
  auto completed = troupe::as_completed<int>();
  CHECK(troupe::block_on(drain(completed)).empty());
  completed.add(troupe::make_ready_future(7));
  CHECK(troupe::block_on(drain(completed)) == std::vector{7});
}

TEST_CASE("futures can be added to as_completed while iterating") {
  auto growing = [](troupe::as_completed<int>& completed) -> troupe::task<int> {
    int sum = 0, more = 5;
    while (auto next = co_await completed.next()) {
      sum += co_await *next;
      if (more-- > 0) completed.add(troupe::make_ready_future(1));
    }
    co_return sum;
  };
  auto completed = troupe::as_completed(std::vector{troupe::make_ready_future(1)});
  CHECK(troupe::block_on(growing(completed)) == 6);
}

TEST_CASE("failures and cancellations are items of as_completed") {
  promises ps(3);
  auto completed = troupe::as_completed(ps.futures());
  ps.all[0].set_error(std::make_exception_ptr(std::runtime_error("no")));
  ps.futures()[1].cancel();
  ps.all[2].set_value(2);
  CHECK(troupe::block_on(drain(completed)) == std::vector{-1, -1, 2});
}

TEST_CASE("a future added twice to as_completed comes twice") {
  promises ps(1);
  auto completed = troupe::as_completed(ps.futures());
  completed.add(ps.all[0].get_future());
  ps.all[0].set_value(5);
  CHECK(troupe::block_on(drain(completed)) == std::vector{5, 5});
}

TEST_CASE("adding an empty future to as_completed throws") {
  auto completed = troupe::as_completed<int>();
  CHECK_THROWS_AS(completed.add(troupe::future<int>()), troupe::future_invalid);
  CHECK(completed.empty());
}

TEST_CASE("next_batch gives all that are done and waits for at least one") {
  auto batch_size = [](troupe::as_completed<int>& completed) -> troupe::task<std::size_t> {
    auto batch = co_await completed.next_batch();
    co_return batch.size();
  };
  troupe::manual_executor loop;
  promises ps(4);
  auto completed = troupe::as_completed(ps.futures());
  started waits(loop, batch_size(completed));
  loop.run();
  CHECK_FALSE(waits.ended());
  for (int i : {3, 1, 0}) ps.all[i].set_value(i);
  loop.run();
  REQUIRE(waits.ended());
  CHECK(waits.result() == 3);
  CHECK(completed.size() == 1);
  ps.all[2].set_value(2);
  CHECK(troupe::block_on(batch_size(completed)) == 1);
  CHECK(troupe::block_on(batch_size(completed)) == 0);
}

TEST_CASE("cancel_rest cancels what was not returned, which then comes as cancelled items") {
  promises ps(3);
  auto fs = ps.futures();
  auto completed = troupe::as_completed(fs);
  ps.all[1].set_value(1);
  completed.cancel_rest();
  CHECK(fs[0].cancelled());
  CHECK_FALSE(fs[1].cancelled());
  CHECK(troupe::block_on(drain(completed)) == std::vector{1, -1, -1});
}

TEST_CASE("as_completed cancels the rest at its end when asked, else leaves it alone") {
  promises ps(2);
  auto fs = ps.futures();
  {
    auto completed = troupe::as_completed(fs);
  }
  CHECK_FALSE(fs[0].done());
  {
    auto completed = troupe::as_completed(fs, troupe::at_end::cancel);
  }
  CHECK(fs[0].cancelled());
  CHECK(fs[1].cancelled());
}

TEST_CASE("as_completed may go while futures are pending and others are done but not returned") {
  promises ps(3);
  {
    auto completed = troupe::as_completed(ps.futures());
    ps.all[1].set_value(1);
  }
  CHECK(ps.all[0].stop_token().stop_requested());
  ps.all[0].set_value(0);
}

TEST_CASE("a stop request ends the wait of next and loses no item") {
  troupe::manual_executor loop;
  promises ps(1);
  auto completed = troupe::as_completed(ps.futures());
  started stopped(loop, drain(completed));
  loop.run();
  stopped.request_stop();
  loop.run();
  REQUIRE(stopped.ended());
  CHECK_THROWS_AS(stopped.result(), troupe::cancelled_error);
  CHECK(completed.size() == 1);
  ps.all[0].set_value(3);
  CHECK(troupe::block_on(drain(completed)) == std::vector{3});
}

TEST_CASE("as_completed ends cleanly after a stop request at each step") {
  promises* ps = nullptr;
  auto body = [](promises& of) -> troupe::task<void> {
    auto completed = troupe::as_completed(of.futures());
    while (auto next = co_await completed.next()) co_await *next;
  };
  std::optional<promises> current;
  int steps = troupe::test::stop_after_each_step(
      [&] {
        current.emplace(5);
        ps = &*current;
        return body(*ps);
      },
      [&](int step) {
        if (step > 0 && step <= 5) ps->all[5 - step].set_value(step);
      },
      [](bool, bool) {});
  CHECK(steps > 5);
}

TEST_CASE("as_completed loses and doubles nothing when threads complete its futures") {
  constexpr int n = 20'000;
  promises ps(n);
  auto completed = troupe::as_completed(ps.futures());
  auto sum = [](troupe::as_completed<int>& from) -> troupe::task<std::pair<long, int>> {
    long total = 0;
    int items = 0;
    while (auto next = co_await from.next()) total += co_await *next, ++items;
    co_return std::pair(total, items);
  };
  std::vector<std::jthread> threads;
  threads.reserve(2);
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&ps, t] {
      for (int i = t; i < n; i += 2) ps.all[i].set_value(i);
    });
  auto [total, items] = troupe::block_on(sum(completed));
  CHECK(total == long(n) * (n - 1) / 2);
  CHECK(items == n);
}

TEST_CASE("as_completed may go while other threads complete its futures") {
  for (int round = 0; round < 300; ++round) {
    promises ps(20);
    std::jthread completes;
    {
      auto completed = troupe::as_completed(ps.futures());
      completes = std::jthread([&ps] {
        for (auto& p : ps.all) p.set_value(1);
      });
    }
  }
}
