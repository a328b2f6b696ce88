#include "support/stage.hpp"

#include <troupe/futures/promise.hpp>
#include <troupe/futures/run_loop.hpp>
#include <troupe/net/codec/codec.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <exception>
#include <optional>
#include <string>
#include <vector>

namespace {

using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::opened_at_end;
using troupe::test::reason_of;
using troupe::test::stage;
using troupe::test::until_empty;

using counter_ref = troupe::test::pointer_to<std::atomic<int>>;

int inc(int x) { return x + 1; }
int count(counter_ref runs) { return ++**runs; }
int count_after(counter_ref runs, int) { return ++**runs; }
int pass(gate_ref g) {
  (*g)->pass();
  return 1;
}
int wait_for_stop(troupe::task_context& context, gate_ref begun, gate_ref ended) {
  (*begun)->pass(context.stop_token());
  (*ended)->arrive();
  return 0;
}
int say_where_it_is_stopped(troupe::task_context& context, gate_ref begun, gate_ref ended, counter_ref may_block) {
  std::stop_callback on_stop(context.stop_token(), [&] {
    auto* here = troupe::executor::current();
    **may_block = here && here->may_block() ? 1 : 2;
  });
  (*begun)->pass(context.stop_token());
  (*ended)->arrive();
  return 0;
}
int stop_with_result(troupe::task_context& context, gate_ref begun) {
  (*begun)->pass(context.stop_token());
  return 5;
}
troupe::task<int> wait_for_ever(gate_ref begun, gate_ref ended) {
  struct at_end {
    gate* g;
    ~at_end() { g->arrive(); }
  } leaving{*ended};
  (*begun)->arrive();
  troupe::promise<int> never;
  auto f = never.get_future();
  co_return co_await f;
}

/// Submits a child and waits for it; the child waits until it is asked to stop.
troupe::task<int> parent_of(troupe::task_context& context, gate_ref begun, gate_ref ended) {
  auto child = context.client().submit<wait_for_stop>(begun, ended);
  co_return co_await child;
}
int blocking_parent_of(troupe::task_context& context, gate_ref begun, gate_ref ended) {
  auto child = context.client().submit<wait_for_stop>(begun, ended);
  return child.get();
}
troupe::task<int> grandparent_of(troupe::task_context& context, gate_ref begun, gate_ref ended) {
  auto child = context.client().submit<parent_of>(begun, ended);
  co_return co_await child;
}

}  // namespace

TEST_CASE("cancelling ends the waits at once, whatever the function does") {
  gate g;
  stage on;
  opened_at_end at_end(g);
  auto f = on.client.submit<pass>(&g);
  g.wait_for(1);
  auto copy = f;
  f.cancel();
  CHECK(reason_of(copy) == "cancelled");
  CHECK(f.status() == troupe::future_status::cancelled);
  CHECK(f.failed());
}

TEST_CASE("what a task has registered with its stop token runs where it may block, also when all threads are busy") {
  gate begun, ended;
  std::atomic<int> may_block = 0;
  stage on;
  opened_at_end at_end(begun);
  auto f = on.client.submit<say_where_it_is_stopped>(&begun, &ended, &may_block);
  begun.wait_for(1);
  f.cancel();
  ended.wait_for(1);
  troupe::test::eventually([&] { return may_block != 0; });
  CHECK(may_block == 1);
}

TEST_CASE("cancelling reaches the running function") {
  gate begun, ended;
  stage on;
  opened_at_end at_end(begun);
  auto f = on.client.submit<wait_for_stop>(&begun, &ended);
  begun.wait_for(1);
  f.cancel();
  ended.wait_for(1);
  CHECK(f.cancelled());
}

TEST_CASE("cancelling ends the await of a coroutine") {
  gate begun, ended;
  stage on;
  auto f = on.client.submit<wait_for_ever>(&begun, &ended);
  begun.wait_for(1);
  f.cancel();
  ended.wait_for(1);
  f = {};
  until_empty(on.client);
}

TEST_CASE("a task that was cancelled before it began does not run", "[one process]") {
  gate g;
  std::atomic<int> runs = 0;
  stage on;
  opened_at_end at_end(g);
  auto blocker = on.client.submit<pass>(&g);
  g.wait_for(1);
  auto f = on.client.submit<count>(&runs);
  f.cancel();
  // What asks the worker comes there after the cancellation.
  static_cast<void>(troupe::block_on(on.client.run([](troupe::worker_context&) { return 0; })));
  g.open();
  auto last = on.client.submit<inc>(1);
  CHECK(last.get() == 2);
  blocker = {};
  f = {};
  last = {};
  until_empty(on.client);
  CHECK(runs == 0);
}

TEST_CASE("the result of a cancelled task that ends all the same is dropped") {
  gate begun;
  stage on;
  opened_at_end at_end(begun);
  auto f = on.client.submit<stop_with_result>(&begun);
  begun.wait_for(1);
  f.cancel();
  CHECK(reason_of(f) == "cancelled");
  f = {};
  until_empty(on.client);
}

TEST_CASE("cancelling a future that is done changes nothing, nor does cancelling twice") {
  stage on;
  auto f = on.client.submit<inc>(1);
  f.get();
  f.cancel();
  CHECK(f.get() == 2);
  auto g = on.client.submit<inc>(1);
  g.cancel();
  g.cancel();
  troupe::test::until_done(g);
}

TEST_CASE("dependents are cancelled with what they wait for") {
  gate g;
  std::atomic<int> runs = 0;
  stage on;
  opened_at_end at_end(g);
  auto blocker = on.client.submit<pass>(&g);
  g.wait_for(1);
  auto f = on.client.submit<inc>(1);
  auto below = on.client.submit<count_after>(&runs, f);
  auto further = on.client.submit<inc>(below);
  f.cancel();
  CHECK(reason_of(below) == "a task it depends on was cancelled");
  CHECK(reason_of(further) == "a task it depends on was cancelled");
  auto late = on.client.submit<inc>(f);
  CHECK(reason_of(late) == "a task it depends on was cancelled");
  g.open();
  blocker.get();
  CHECK(runs == 0);
}

TEST_CASE("what depends on a task that was cancelled on the spot is cancelled with the same reason") {
  stage on;
  for (int i = 0; i < 200; ++i) {
    auto f = on.client.submit<inc>(1);
    f.cancel();
    auto taking = on.client.submit<inc>(f);
    auto following = on.client.with(troupe::task_options{}.after(f)).submit<inc>(1);
    if (!f.cancelled()) continue;
    CHECK(reason_of(taking) == "a task it depends on was cancelled");
    CHECK(reason_of(following) == "a task it depends on was cancelled");
  }
}

TEST_CASE("an unstarted task does not run once its last future went", "[one process]") {
  gate g;
  std::atomic<int> runs = 0;
  stage on;
  opened_at_end at_end(g);
  auto blocker = on.client.submit<pass>(&g);
  g.wait_for(1);
  {
    auto kept_a_while = on.client.map<count>(std::vector<counter_ref>(50, &runs));
    auto below = on.client.submit<count_after>(&runs, kept_a_while.front());
  }
  troupe::test::eventually([&] { return on.client.cluster_info().get().tasks <= 3; });
  g.open();
  blocker = {};
  until_empty(on.client);
  CHECK(runs == 0);
}

TEST_CASE("a running task is not disturbed when its last future goes") {
  gate g;
  std::atomic<int> runs = 0;
  stage on;
  opened_at_end at_end(g);
  auto f = on.client.submit(
      [](troupe::task_context& context, gate_ref at, counter_ref finished) {
        bool undisturbed = (*at)->pass(context.stop_token());
        if (undisturbed) ++**finished;
      },
      &g, &runs);
  g.wait_for(1);
  f = {};
  auto sign = on.client.cluster_info().get();
  g.open();
  until_empty(on.client);
  CHECK(runs == 1);
}

TEST_CASE("results are released when the last future goes") {
  stage on(2, 1);
  auto strings =
      on.client.map([](int n) { return std::string(static_cast<std::size_t>(n), 'x'); }, std::vector{1000, 2000, 3000});
  for (auto const& f : strings) f.get();
  troupe::test::eventually([&] { return on.client.cluster_info().get().stored_bytes == 6000; });
  strings.pop_back();
  troupe::test::eventually([&] { return on.client.cluster_info().get().stored_bytes == 3000; });
  CHECK(strings[1].get().size() == 2000);
  strings.clear();
  until_empty(on.client);
}

TEST_CASE("an intermediate result is released though the result made from it is kept") {
  stage on;
  auto big = on.client.submit([] { return std::string(5000, 'x'); });
  auto size = on.client.submit([](std::string const& s) { return static_cast<int>(s.size()); }, big);
  CHECK(size.get() == 5000);
  big = {};
  troupe::test::eventually([&] {
    auto info = on.client.cluster_info().get();
    return info.tasks == 1 && info.stored_bytes == sizeof(int);
  });
}

TEST_CASE("a task that another client wants, too, survives the client that lets go of it") {
  gate g;
  stage on;
  opened_at_end at_end(g);
  auto blocker = on.client.submit<pass>(&g);
  g.wait_for(1);
  auto other = on.cluster.connect("other");
  auto keyed = troupe::task_options{}.key("shared");
  auto mine = on.client.with(keyed).submit<inc>(1);
  auto theirs = other.with(keyed).submit<inc>(1);
  other.cluster_info().get();
  mine = {};
  g.open();
  CHECK(theirs.get() == 2);
}

TEST_CASE("children are cancelled with their parent") {
  SECTION("which awaits them") {
    gate begun, ended;
    stage on;
    opened_at_end at_end(begun);
    auto f = on.client.submit<parent_of>(&begun, &ended);
    begun.wait_for(1);
    f.cancel();
    ended.wait_for(1);
    f = {};
    until_empty(on.client);
  }
  SECTION("which blocks for them") {
    gate begun, ended;
    stage on;
    opened_at_end at_end(begun);
    auto f = on.client.submit<blocking_parent_of>(&begun, &ended);
    begun.wait_for(1);
    f.cancel();
    ended.wait_for(1);
    f = {};
    until_empty(on.client);
  }
  SECTION("and grandchildren too") {
    gate begun, ended;
    stage on(2, 1);
    opened_at_end at_end(begun);
    auto f = on.client.submit<grandparent_of>(&begun, &ended);
    begun.wait_for(1);
    f.cancel();
    ended.wait_for(1);
    f = {};
    until_empty(on.client);
  }
}

TEST_CASE("a child that others want lives on when its parent is cancelled") {
  gate begun;
  stage on(1, 2);
  opened_at_end at_end(begun);
  auto keyed = [](troupe::task_context& context, gate_ref g) -> troupe::task<int> {
    auto child = context.client().with(troupe::task_options{}.key("child")).submit<pass>(g);
    co_return co_await child;
  };
  auto parent = on.client.submit(keyed, &begun);
  begun.wait_for(1);
  auto mine = on.client.with(troupe::task_options{}.key("child")).submit<pass>(&begun);
  on.client.cluster_info().get();
  troupe::test::eventually([&] { return on.client.cluster_info().get().tasks == 2; });
  auto sign = on.client.submit<inc>(1);
  sign.get();  // sees that `mine` was subscribed before
  parent.cancel();
  troupe::test::until_done(parent);
  begun.open();
  CHECK(mine.get() == 1);
}

TEST_CASE("stopping an await ends that await alone") {
  gate g;
  stage on;
  opened_at_end at_end(g);
  auto f = on.client.submit<pass>(&g);
  CHECK_THROWS_AS(f.get(std::chrono::milliseconds(1)), troupe::timeout_error);
  CHECK_FALSE(f.done());
  g.open();
  CHECK(f.get() == 1);
}
