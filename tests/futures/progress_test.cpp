#include <troupe/futures/progress.hpp>

#include <troupe/futures/promise.hpp>
#include <troupe/futures/run_loop.hpp>

#include "support/pool.hpp"
#include "support/started.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <vector>

using namespace std::chrono_literals;
using troupe::progress_report;
using troupe::test::started;

namespace {

struct watching {
  explicit watching(std::size_t count) : promises(count) {
    for (auto const& p : promises) futures.push_back(p.get_future());
  }
  auto noting() {
    return [this](progress_report const& now) { reports.push_back(now); };
  }

  std::vector<troupe::promise<int>> promises;
  std::vector<troupe::future<int>> futures;
  std::vector<progress_report> reports;
  troupe::manual_executor loop;
};

}  // namespace

TEST_CASE("progress says at once how far the futures are") {
  watching w(3);
  w.promises[1].set_value(1);
  started outcome(w.loop, troupe::progress(w.futures, w.noting()));
  w.loop.run();
  REQUIRE(w.reports.size() == 1);
  CHECK(w.reports[0].total == 3);
  CHECK(w.reports[0].finished == 1);
  CHECK(w.reports[0].percent() == 33);
  outcome.request_stop();
  w.loop.run();
  CHECK(outcome.ended());
}

TEST_CASE("progress speaks at most once in an interval, and only of change") {
  watching w(5);
  started outcome(w.loop, troupe::progress(w.futures, w.noting(), 1s));
  w.loop.run();
  w.promises[0].set_value(0), w.promises[1].set_value(1);
  w.loop.run();
  CHECK(w.reports.size() == 1);
  w.loop.advance(1s);
  REQUIRE(w.reports.size() == 2);
  CHECK(w.reports[1].done() == 2);
  CHECK(w.reports[1].elapsed == 1s);
  w.loop.advance(5s);
  CHECK(w.reports.size() == 2);
  CHECK_FALSE(outcome.ended());
  outcome.request_stop();
  w.loop.run();
  CHECK_THROWS_AS(outcome.result(), troupe::cancelled_error);
  CHECK(w.futures[2].status() == troupe::future_status::pending);
}

TEST_CASE("progress returns with the last future, without waiting for its interval") {
  watching w(2);
  started outcome(w.loop, troupe::progress(w.futures, w.noting(), 1h));
  w.loop.run();
  w.promises[0].set_value(0), w.promises[1].set_value(1);
  w.loop.run();
  REQUIRE(outcome.ended());
  outcome.result();
  REQUIRE(w.reports.size() == 2);
  CHECK(w.reports.back().complete());
}

TEST_CASE("failed and cancelled futures count as done, and nothing of theirs is thrown by progress") {
  watching w(3);
  started outcome(w.loop, troupe::progress(w.futures, w.noting()));
  w.loop.run();
  w.promises[0].set_error(std::make_exception_ptr(std::runtime_error("no")));
  w.futures[1].cancel();
  w.promises[2].set_value(2);
  w.loop.run();
  REQUIRE(outcome.ended());
  outcome.result();
  CHECK(w.reports.back().finished == 1);
  CHECK(w.reports.back().failed == 1);
  CHECK(w.reports.back().cancelled == 1);
  CHECK(to_string(w.reports.back()) == "100 %  3 of 3 tasks, 1 failed, 1 cancelled");
}

TEST_CASE("progress of no futures is complete at once") {
  watching w(0);
  started outcome(w.loop, troupe::progress(w.futures, w.noting()));
  w.loop.run();
  REQUIRE(outcome.ended());
  REQUIRE(w.reports.size() == 1);
  CHECK(w.reports[0].percent() == 100);
}

TEST_CASE("progress ends with what its callback throws") {
  watching w(1);
  started outcome(w.loop,
                  troupe::progress(w.futures, [](progress_report const&) { throw std::runtime_error("no paper"); }));
  w.loop.run();
  REQUIRE(outcome.ended());
  CHECK_THROWS_WITH(outcome.result(), "no paper");
}

TEST_CASE("progress can be stopped at every step, and the futures go on") {
  troupe::test::stop_after_each_step(
      [] {
        auto inner = [](std::vector<troupe::promise<int>> promises) -> troupe::task<void> {
          std::vector<troupe::future<int>> futures;
          for (auto const& p : promises) futures.push_back(p.get_future());
          co_await troupe::progress(futures, [&](progress_report const& now) {
            if (now.done() < promises.size()) promises[now.done()].set_value(1);
          });
        };
        return inner(std::vector<troupe::promise<int>>(3));
      },
      [](int) {}, [](bool stopped, bool threw) { CHECK((stopped || !threw)); });
}

TEST_CASE("futures that are done by other threads are all counted") {
  troupe::test::pool pool(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<troupe::promise<int>> promises(16);
    std::vector<troupe::future<int>> futures;
    for (auto const& p : promises) futures.push_back(p.get_future());
    struct completion : troupe::detail::work {
      explicit completion(troupe::promise<int>& p) : work(&run_it), what(p) {}
      static void run_it(work& self) noexcept { static_cast<completion&>(self).what.set_value(1); }
      troupe::promise<int>& what;
    };
    std::vector<completion> completions(promises.begin(), promises.end());
    for (auto& c : completions) pool.post(c);
    std::size_t last = 0;
    troupe::block_on(troupe::progress(futures, [&](progress_report const& now) { last = now.finished; }, 1h));
    CHECK(last == 16);
  }
}
