#include <troupe/futures/retry.hpp>

#include <troupe/futures/promise.hpp>
#include <troupe/futures/run_loop.hpp>

#include "support/started.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using troupe::retry_policy;
using troupe::test::started;

namespace {

/// Fails until it was called often enough.
class service {
 public:
  explicit service(int failures) : failures_(failures) {}
  troupe::task<int> ask() {
    ++calls;
    if (calls <= failures_) throw std::runtime_error("busy " + std::to_string(calls));
    co_return calls;
  }
  int calls = 0;

 private:
  int failures_;
};

retry_policy plain() { return retry_policy().first_delay(1s).factor(2).max_delay(5s).jitter(0); }

}  // namespace

TEST_CASE("retry gives the value of the first attempt that succeeds, without any delay if it is the first") {
  troupe::manual_executor loop;
  service s(0);
  started result(loop, troupe::retry(plain(), [&s] { return s.ask(); }));
  loop.run();
  REQUIRE(result.ended());
  CHECK(result.result() == 1);
}

TEST_CASE("retry waits longer after each failure, up to the longest delay") {
  troupe::manual_executor loop;
  service s(4);
  started result(loop, troupe::retry(plain().attempts(5), [&s] { return s.ask(); }));
  loop.run();
  auto const begin = loop.now();
  std::vector<troupe::duration> at;
  while (!result.ended()) {
    loop.advance_to_next_timer();
    at.push_back(loop.now() - begin);
  }
  CHECK(result.result() == 5);
  CHECK(at == std::vector<troupe::duration>{1s, 3s, 7s, 12s});
}

TEST_CASE("retry fails with the last failure when no attempt is left") {
  troupe::manual_executor loop;
  service s(10);
  started result(loop, troupe::retry(plain().attempts(3), [&s] { return s.ask(); }));
  loop.advance(1h);
  REQUIRE(result.ended());
  CHECK(s.calls == 3);
  CHECK_THROWS_WITH(result.result(), "busy 3");
}

TEST_CASE("retry never retries cancellation") {
  troupe::manual_executor loop;
  int calls = 0;
  auto attempt = [&calls]() -> troupe::future<int> {
    ++calls;
    troupe::promise<int> p;
    p.get_future().cancel();
    return p.get_future();
  };
  started result(loop, troupe::retry(plain().attempts(5), attempt));
  loop.run();
  REQUIRE(result.ended());
  CHECK(calls == 1);
  CHECK_THROWS_AS(result.result(), troupe::cancelled_error);
}

TEST_CASE("a stop request ends the delay of a retry at once") {
  troupe::manual_executor loop;
  service s(10);
  started result(loop, troupe::retry(plain(), [&s] { return s.ask(); }));
  loop.run();
  result.request_stop();
  loop.run();
  REQUIRE(result.ended());
  CHECK(s.calls == 1);
  CHECK(loop.timers() == 0);
  CHECK_THROWS_AS(result.result(), troupe::cancelled_error);
}

TEST_CASE("retry leaves a failure alone that the policy does not find worth another attempt") {
  troupe::manual_executor loop;
  service s(10);
  auto policy = plain().when([](std::exception_ptr const& e) { return troupe::describe(e) != "busy 2"; });
  started result(loop, troupe::retry(policy.attempts(9), [&s] { return s.ask(); }));
  loop.advance(1h);
  REQUIRE(result.ended());
  CHECK(s.calls == 2);
}

TEST_CASE("jitter shortens delays, differently each time, the same for the same seed") {
  auto delays = [](std::uint64_t seed) {
    troupe::retry_delays next(retry_policy().first_delay(1s).factor(1).max_delay(1s).jitter(0.5).seed(seed));
    std::vector<troupe::duration> all(20);
    for (auto& d : all) d = next.next();
    return all;
  };
  auto first = delays(1);
  CHECK(first == delays(1));
  CHECK(first != delays(2));
  CHECK(std::ranges::all_of(first, [](auto d) { return d > 500ms && d <= 1s; }));
  CHECK(first[0] != first[1]);
}

TEST_CASE("retry works for what has no value") {
  troupe::manual_executor loop;
  int calls = 0;
  auto attempt = [](int& count) -> troupe::task<void> {
    if (++count < 2) throw std::runtime_error("again");
    co_return;
  };
  started result(loop, troupe::retry(plain(), [&] { return attempt(calls); }));
  loop.advance(1s);
  REQUIRE(result.ended());
  CHECK(calls == 2);
}
