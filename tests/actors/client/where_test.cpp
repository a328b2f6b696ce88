#include "support/stage.hpp"

#include <troupe/futures/promise.hpp>
#include <troupe/futures/run_loop.hpp>
#include <troupe/net/codec/codec.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>

/// Which thread and executor things happen on.
namespace {

using troupe::executor;
using troupe::future;
using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::opened_at_end;
using troupe::test::stage;

int inc(int x) { return x + 1; }
int pass(gate_ref g) {
  (*g)->pass();
  return 1;
}
troupe::test::pointer_to<executor> where_task_runs() { return executor::current(); }

/// Runs a function on the thread that runs the step, once.
class step : public troupe::detail::work {
 public:
  explicit step(std::function<void()> what) : work(&call), what_(std::move(what)) {}

 private:
  static void call(work& item) noexcept {
    std::unique_ptr<step> self(static_cast<step*>(&item));
    self->what_();
  }
  std::function<void()> what_;
};

void on_loop(troupe::runtime& in, std::function<void()> what) {
  troupe::promise<void> done;
  auto ended = done.get_future();
  in.loop(0).post(*new step([&] {
    what();
    done.set_value();
  }));
  ended.get();
}

}  // namespace

TEST_CASE("get on a thread of the runtime's loop throws would_deadlock, unless there is nothing to wait for") {
  gate g;
  stage on;
  opened_at_end at_end(g);
  auto finished = on.client.submit<inc>(1);
  finished.get();
  auto pending = on.client.submit<pass>(&g);
  int value = 0;
  bool refused = false, closing_refused = false;
  on_loop(on.runtime, [&] {
    value = finished.get();
    try {
      pending.get();
    } catch (troupe::would_deadlock const&) {
      refused = true;
    }
    try {
      on.cluster.close();
    } catch (troupe::would_deadlock const&) {
      closing_refused = true;
    }
  });
  CHECK(value == 2);
  CHECK(refused);
  CHECK(closing_refused);
  g.open();
  CHECK(pending.get() == 1);
  // The refused attempt to close was none.
  auto after = on.client.submit<inc>(1);
  CHECK(after.get() == 2);
}

TEST_CASE("work can be submitted from the loop's thread") {
  stage on;
  future<int> f;
  on_loop(on.runtime, [&] { f = on.client.submit<inc>(1); });
  CHECK(f.get() == 2);
}

TEST_CASE("on_done outside of any executor is called on the worker pool", "[one process]") {
  gate g;
  stage on;
  opened_at_end at_end(g);
  auto pool = on.client.submit<where_task_runs>();
  auto pending = on.client.submit<pass>(&g);
  troupe::promise<executor*> early, late;
  pending.on_done([&](future<int> const&) { early.set_value(executor::current()); });
  g.open();
  CHECK(early.get_future().get() == *pool.get());
  pending.on_done([&](future<int> const&) { late.set_value(executor::current()); });
  CHECK(late.get_future().get() == *pool.get());
}

TEST_CASE("on_done inside a coroutine is called on its executor") {
  gate g;
  stage on;
  opened_at_end at_end(g);
  auto pending = on.client.submit<pass>(&g);
  executor *called_on = nullptr, *early = nullptr, *late = nullptr;
  auto body = [](future<int> f, gate& opens, executor*& own, executor*& first,
                 executor*& second) -> troupe::task<void> {
    own = executor::current();
    troupe::promise<void> called;
    f.on_done([&](future<int> const&) { first = executor::current(); });
    opens.open();
    co_await f;
    f.on_done([&](future<int> const&) {
      second = executor::current();
      called.set_value();
    });
    auto ended = called.get_future();
    co_await ended;
  };
  troupe::block_on(body(pending, g, called_on, early, late));
  CHECK(called_on != nullptr);
  CHECK(early == called_on);
  CHECK(late == called_on);
}

TEST_CASE("on_done inside a task is called on its worker's pool") {
  stage on(2, 1);
  auto f = on.client.submit([](troupe::task_context& context) -> troupe::task<bool> {
    auto* own = executor::current();
    executor* seen = nullptr;
    troupe::promise<void> called;
    auto ended = called.get_future();
    auto child = context.client().submit<inc>(1);
    child.on_done([&](future<int> const&) {
      seen = executor::current();
      called.set_value();
    });
    co_await ended;
    co_return seen == own;
  });
  CHECK(f.get());
}

TEST_CASE("a callback gets the future, may block and may submit") {
  stage on;
  troupe::promise<int> result;
  auto f = on.client.submit<inc>(1);
  f.on_done([&](future<int> const& done) {
    auto next = on.client.submit<inc>(done.get());
    result.set_value(next.get());
  });
  CHECK(result.get_future().get() == 3);
}

TEST_CASE("callbacks of failed and cancelled futures are called, too") {
  gate g;
  stage on(1, 2);
  opened_at_end at_end(g);
  auto failing = on.client.submit([](int x) -> int { throw x; }, 1);
  troupe::promise<bool> failed, cancelled;
  failing.on_done([&](future<int> const& f) { failed.set_value(f.failed() && !f.cancelled()); });
  CHECK(failed.get_future().get());
  auto pending = on.client.submit<pass>(&g);
  pending.on_done([&](future<int> const& f) { cancelled.set_value(f.cancelled()); });
  pending.cancel();
  CHECK(cancelled.get_future().get());
}

TEST_CASE("a coroutine that awaits a task resumes on its own executor") {
  gate g;
  stage on;
  opened_at_end at_end(g);
  auto pending = on.client.submit<pass>(&g);
  auto here = std::this_thread::get_id();
  auto body = [](future<int> f, gate& opens) -> troupe::task<std::thread::id> {
    opens.open();
    co_await f;
    co_return std::this_thread::get_id();
  };
  CHECK(troupe::block_on(body(pending, g)) == here);
}

TEST_CASE("stopping a coroutine that awaits a task ends the wait and leaves the task alone") {
  gate g;
  stage on;
  opened_at_end at_end(g);
  auto pending = on.client.submit<pass>(&g);
  std::stop_source stop;
  auto body = [](future<int> f) -> troupe::task<int> { co_return co_await f; };
  std::jthread stopping([&] {
    g.wait_for(1);
    stop.request_stop();
  });
  CHECK_THROWS_AS(troupe::block_on(body(pending), stop.get_token()), troupe::cancelled_error);
  CHECK_FALSE(pending.done());
  g.open();
  CHECK(pending.get() == 1);
}
