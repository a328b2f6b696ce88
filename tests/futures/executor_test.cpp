#include <troupe/futures/executor.hpp>

#include <troupe/futures/errors.hpp>
#include <troupe/futures/frame_pool.hpp>
#include <troupe/futures/manual_executor.hpp>
#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/sleep_for.hpp>

#include "support/started.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using troupe::test::started;

namespace {

using troupe::detail::timer;
using troupe::detail::work;

struct logged : timer {
  logged(std::vector<int>& to, int n) : timer(&log), entries(to), number(n) {}
  static void log(work& self) noexcept {
    auto& item = static_cast<logged&>(self);
    item.entries.push_back(item.number);
  }
  std::vector<int>& entries;
  int number;
};

}  // namespace

TEST_CASE("a manual executor runs steps in order and only when told") {
  troupe::manual_executor loop;
  std::vector<int> entries;
  logged a(entries, 1), b(entries, 2);
  loop.post(a), loop.post(b);
  CHECK(entries.empty());
  CHECK(loop.step());
  CHECK(entries == std::vector{1});
  CHECK(loop.run() == 1);
  CHECK(loop.idle());
  CHECK_FALSE(loop.step());
}

TEST_CASE("a manual executor's timers run by time, ties in the order in which they were set") {
  troupe::manual_executor loop;
  std::vector<int> entries;
  logged a(entries, 1), b(entries, 2), c(entries, 3), d(entries, 4);
  auto const begin = loop.now();
  loop.post_at(begin + 2s, a);
  loop.post_at(begin + 1s, b);
  loop.post_at(begin + 2s, c);
  loop.post_at(begin + 3s, d);
  CHECK(loop.cancel(d));
  CHECK_FALSE(loop.cancel(d));
  loop.advance(5s);
  CHECK(entries == std::vector{2, 1, 3});
  CHECK(loop.now() - begin == 5s);
  CHECK_FALSE(loop.advance_to_next_timer());
}

TEST_CASE("the timer queue gives thousands of timers by time, whichever were taken back") {
  troupe::detail::timer_queue queue;
  std::vector<int> entries;
  std::vector<std::unique_ptr<logged>> timers;
  std::mt19937 random(7);
  for (int i = 0; i < 3'000; ++i) {
    timers.push_back(std::make_unique<logged>(entries, int(random() % 1'000)));
    queue.push(*timers.back(), troupe::time_point() + timers.back()->number * 1s);
  }
  for (int i = 0; i < 1'000; ++i) queue.erase(*timers[random() % timers.size()]);
  std::size_t const left = queue.size();
  while (auto* t = queue.pop_due(troupe::time_point::max())) t->run(*t);
  CHECK(entries.size() == left);
  CHECK(std::ranges::is_sorted(entries));
  CHECK(queue.next_due() == troupe::time_point::max());
}

TEST_CASE("a manual executor that is driven moves time itself and says when nothing can come") {
  troupe::manual_executor loop;
  auto nap = []() -> troupe::task<void> { co_await troupe::sleep_for(1h); };
  started sleeper(loop, nap());
  loop.drive([&] { return sleeper.ended(); });
  CHECK(sleeper.ended());
  CHECK_THROWS_AS(loop.drive([] { return false; }), troupe::would_deadlock);
}

TEST_CASE("a run_loop runs steps that other threads post, in each thread's order") {
  constexpr int each = 5'000;
  troupe::run_loop loop;
  std::vector<int> entries;
  std::vector<std::unique_ptr<logged>> items;
  items.reserve(std::size_t{2} * each);
  for (int i = 0; i < 2 * each; ++i) items.push_back(std::make_unique<logged>(entries, i));
  std::vector<std::jthread> threads;
  threads.reserve(2);
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) loop.post(*items[t * each + i]);
    });
  loop.drive([&] { return entries.size() == items.size(); });
  for (int t = 0; t < 2; ++t) {
    std::vector<int> of_thread;
    std::ranges::copy_if(entries, std::back_inserter(of_thread), [&](int n) { return n / each == t; });
    CHECK(std::ranges::is_sorted(of_thread));
    CHECK(of_thread.size() == each);
  }
}

TEST_CASE("a run_loop runs what is posted before it goes") {
  std::vector<int> entries;
  logged a(entries, 1);
  {
    troupe::run_loop loop;
    loop.post(a);
  }
  CHECK(entries == std::vector{1});
}

TEST_CASE("a run_loop may be driven from inside a step") {
  auto outer = []() -> troupe::task<int> {
    auto& loop = co_await troupe::this_task::where();
    auto inner = []() -> troupe::task<void> { co_await troupe::sleep_for(1ms); };
    started nested(loop, inner());
    loop.drive([&] { return nested.ended(); });
    co_return 1;
  };
  CHECK(troupe::block_on(outer()) == 1);
}

TEST_CASE("an await outside of any executor says so") {
  CHECK_THROWS_AS(troupe::detail::resumes_on(nullptr), troupe::error);
}

TEST_CASE("frames may be freed by another thread than the one that allocated them") {
  std::vector<void*> frames;
  for (std::size_t size : {1u, 64u, 65u, 1000u, 5000u})
    for (int i = 0; i < 300; ++i) {
      frames.push_back(troupe::detail::frame_allocate(size));
      *static_cast<char*>(frames.back()) = 1;
    }
  std::jthread([&frames] {
    std::size_t i = 0;
    for (std::size_t size : {1u, 64u, 65u, 1000u, 5000u})
      for (int n = 0; n < 300; ++n) troupe::detail::frame_free(frames[i++], size);
  }).join();
}

TEST_CASE("errors say what they are") {
  CHECK(std::string(troupe::cancelled_error().what()) == "cancelled");
  CHECK(std::string(troupe::cancelled_error("deadline").what()) == "cancelled: deadline");
  CHECK(troupe::describe(nullptr).empty());
  CHECK(troupe::describe(std::make_exception_ptr(5)) == "unknown exception");
  CHECK(troupe::detail::is_cancellation(std::make_exception_ptr(troupe::cancelled_error())));
  CHECK_FALSE(troupe::detail::is_cancellation(nullptr));

  auto original = std::make_exception_ptr(std::invalid_argument("odd: 3"));
  auto wrapped = troupe::detail::as_task_error(original, {"odd_is_an_error", "k", "w1", 3});
  try {
    std::rethrow_exception(wrapped);
  } catch (troupe::task_error const& e) {
    CHECK(e.type_name() == "std::invalid_argument");
    CHECK(e.message() == "odd: 3");
    CHECK(e.attempt() == 3);
    CHECK(e.worker() == "w1");
    CHECK(e.original() == original);
  }
}
