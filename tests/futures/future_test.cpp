#include <troupe/futures/future.hpp>

#include <troupe/futures/promise.hpp>
#include <troupe/futures/run_loop.hpp>

#include "support/started.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using troupe::future;
using troupe::future_status;
using troupe::promise;
using troupe::test::started;

namespace {

std::exception_ptr failure() { return std::make_exception_ptr(std::runtime_error("no")); }

troupe::task<int> read(future<int> f) { co_return co_await f; }

/// Blocking calls are not allowed on it, as on a runtime's loop.
class loop_thread : public troupe::executor {
 public:
  void post(troupe::detail::work&) noexcept override {}
  void post_at(troupe::time_point, troupe::detail::timer&) override {}
  bool cancel(troupe::detail::timer&) noexcept override { return false; }
  [[nodiscard]] bool may_block() const noexcept override { return false; }

  void run(std::function<void()> const& step) {
    enter here(*this);
    step();
  }
};

}  // namespace

TEST_CASE("a future is pending, then finished, failed or cancelled for good") {
  promise<int> p, q, r;
  auto f = p.get_future(), g = q.get_future(), h = r.get_future();
  CHECK(f.status() == future_status::pending);
  CHECK_FALSE(f.done());
  CHECK(p.set_value(1));
  CHECK(q.set_error(failure()));
  h.cancel();
  CHECK(f.status() == future_status::finished);
  CHECK(g.status() == future_status::failed);
  CHECK(h.status() == future_status::cancelled);
  CHECK_FALSE(f.failed());
  CHECK((g.failed() && !g.cancelled()));
  CHECK((h.failed() && h.cancelled()));

  CHECK_FALSE(p.set_value(2));
  CHECK_FALSE(r.set_value(3));
  f.cancel();
  CHECK(f.get() == 1);
}

TEST_CASE("error shows without throwing what awaiting would throw") {
  promise<int> p;
  auto f = p.get_future();
  CHECK_FALSE(f.error());
  p.set_error(failure());
  CHECK(troupe::describe(f.error()) == "no");
  CHECK_THROWS_WITH(f.get(), "no");
  CHECK_THROWS_WITH(troupe::block_on(read(f)), "no");
  CHECK_FALSE(troupe::make_ready_future(1).error());
}

TEST_CASE("every operation on an empty future but valid throws future_invalid") {
  future<int> empty;
  CHECK_FALSE(empty.valid());
  CHECK_THROWS_AS(empty.done(), troupe::future_invalid);
  CHECK_THROWS_AS(empty.status(), troupe::future_invalid);
  CHECK_THROWS_AS(empty.error(), troupe::future_invalid);
  CHECK_THROWS_AS(empty.cancel(), troupe::future_invalid);
  CHECK_THROWS_AS(empty.get(), troupe::future_invalid);
  CHECK_THROWS_AS(empty.on_done([](future<int> const&) {}), troupe::future_invalid);
  CHECK_THROWS_AS(troupe::block_on(read(empty)), troupe::future_invalid);
  auto f = troupe::make_ready_future(1);
  auto moved = std::move(f);
  CHECK_FALSE(
      f.valid());  // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move): what moving leaves is defined
}

TEST_CASE("a promise's maker is asked to stop when the last future goes") {
  promise<int> p;
  {
    auto f = p.get_future();
    auto copy = f;
    f = future<int>();
    CHECK_FALSE(p.stop_token().stop_requested());
  }
  CHECK(p.stop_token().stop_requested());
}

TEST_CASE("a promise that goes without a value breaks its future") {
  future<int> f;
  {
    f = promise<int>().get_future();
  }
  CHECK_THROWS_AS(f.get(), troupe::broken_promise);
}

TEST_CASE("a value whose constructor throws fails the future") {
  struct fragile {
    explicit fragile(int) { throw std::runtime_error("cracked"); }
  };
  promise<fragile> p;
  CHECK(p.set_value(1));
  CHECK_THROWS_WITH(p.get_future().get(), "cracked");
}

TEST_CASE("get blocks until the value is there") {
  promise<int> p;
  std::jthread completes([&p] { p.set_value(8); });
  CHECK(p.get_future().get() == 8);
}

TEST_CASE("get with a timeout throws when it runs out, and the work goes on") {
  promise<int> p;
  auto f = p.get_future();
  CHECK_THROWS_AS(f.get(0ms), troupe::timeout_error);
  CHECK_FALSE(p.stop_token().stop_requested());
  p.set_value(1);
  CHECK(f.get(0ms) == 1);
}

TEST_CASE("get on a thread that must not block throws instead of waiting, unless the value is there") {
  promise<int> p;
  auto f = p.get_future();
  loop_thread().run([&] { CHECK_THROWS_AS(f.get(), troupe::would_deadlock); });
  p.set_value(1);
  loop_thread().run([&] { CHECK(f.get() == 1); });
}

TEST_CASE("on_done is called on the executor that was current, else on the thread that completes") {
  troupe::manual_executor loop;
  promise<int> p;
  std::vector<std::string> calls;
  auto registers = [](future<int> f, std::vector<std::string>& log) -> troupe::task<void> {
    f.on_done([&log](future<int> const& done) { log.push_back("loop " + std::to_string(done.get())); });
    co_return;
  };
  started registered(loop, registers(p.get_future(), calls));
  loop.run();
  p.get_future().on_done([&calls](future<int> const&) { calls.emplace_back("here"); });
  p.set_value(2);
  CHECK(calls == std::vector<std::string>{"here"});
  loop.run();
  CHECK(calls == std::vector<std::string>{"here", "loop 2"});
  p.get_future().on_done([&calls](future<int> const&) { calls.emplace_back("late"); });
  CHECK(calls.back() == "late");
}

TEST_CASE("a callback may complete, await and drop other futures") {
  promise<int> p, q;
  auto f = q.get_future();
  p.get_future().on_done([&](future<int> const& done) { q.set_value(done.get() + 1); });
  f.on_done([&](future<int> const&) { f = future<int>(); });
  p.set_value(1);
  CHECK_FALSE(f.valid());
}

TEST_CASE("futures without a value work as others") {
  promise<void> p;
  auto f = p.get_future();
  auto body = [](future<void> done) -> troupe::task<void> { co_await done; };
  troupe::manual_executor loop;
  started waits(loop, body(f));
  loop.run();
  CHECK_FALSE(waits.ended());
  p.set_value();
  loop.run();
  CHECK(waits.ended());
  f.get();
}

TEST_CASE("get of an expiring future takes the value and leaves the future empty") {
  auto f = troupe::make_ready_future(std::string("moved out"));
  CHECK(std::move(f).get() == "moved out");
  CHECK_FALSE(f.valid());  // NOLINT: that is the point
}

TEST_CASE("a timeout that reaches past the end of time is no timeout") {
  auto f = troupe::make_ready_future(1);
  CHECK(f.get(troupe::duration::max()) == 1);
  troupe::promise<int> p;
  auto pending = p.get_future();
  std::jthread maker([&] { p.set_value(2); });
  CHECK(pending.get(troupe::duration::max()) == 2);
}

TEST_CASE("a promise that was moved from refuses everything") {
  troupe::promise<int> from;
  auto to = std::move(from);
  CHECK_THROWS_AS(from.set_value(1), troupe::future_invalid);  // NOLINT
  CHECK_THROWS_AS(from.set_error(nullptr), troupe::future_invalid);
  CHECK_THROWS_AS(static_cast<void>(from.stop_token()), troupe::future_invalid);
}
