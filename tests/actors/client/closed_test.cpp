#include "support/stage.hpp"

#include <troupe/futures/promise.hpp>
#include <troupe/net/codec/codec.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using troupe::client_closed;
using troupe::future;
using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::opened_at_end;
using troupe::test::stage;

using counter_ref = troupe::test::pointer_to<std::atomic<int>>;

int inc(int x) { return x + 1; }
int pass(troupe::task_context& context, gate_ref g) {
  (*g)->pass(context.stop_token());
  return 1;
}
troupe::task<int> wait_for_ever(gate_ref begun) {
  (*begun)->arrive();
  troupe::promise<int> never;
  auto f = never.get_future();
  co_return co_await f;
}
troupe::task<int> wait_for_child(troupe::task_context& context, gate_ref begun) {
  auto child = context.client().submit<pass>(begun);
  co_return co_await child;
}
int block_for_child(troupe::task_context& context, gate_ref begun) {
  auto child = context.client().submit<pass>(begun);
  return child.get();
}
/// A cluster that is slower than who asks needs ever more memory, so after so many questions one is waited for.
constexpr int so_many = 1000;
int submit_until_closed(troupe::task_context& context, gate_ref begun) {
  (*begun)->arrive();
  int submitted = 0;
  for (auto client = context.client(); !context.stop_token().stop_requested(); ++submitted) {
    auto f = client.submit<inc>(submitted);
    if (submitted % so_many == 0) troupe::test::until_done(f);
    if (f.failed()) break;
  }
  return submitted;
}
int grow(int x, counter_ref runs) {
  ++**runs;
  return x + 1;
}

template <class T>
bool ended_by_closing(future<T> const& f) {
  try {
    static_cast<void>(f.get());
    return true;
  } catch (client_closed const&) {
    return true;
  } catch (troupe::cancelled_error const&) {
    return false;
  }
}

}  // namespace

TEST_CASE("unfinished futures fail with client_closed when the cluster closes, finished ones keep their value") {
  gate g;
  auto on = std::make_optional<stage>();
  opened_at_end at_end(g);
  auto client = on->client;
  auto finished = client.submit<inc>(1);
  finished.get();
  auto running = client.submit<pass>(&g);
  g.wait_for(1);
  auto pending = client.submit<inc>(1);
  auto dependent = client.submit<inc>(running);
  on.reset();
  CHECK(finished.get() == 2);
  CHECK_THROWS_AS(running.get(), client_closed);
  CHECK_THROWS_AS(pending.get(), client_closed);
  CHECK_THROWS_AS(dependent.get(), client_closed);
  CHECK(pending.failed());
  CHECK_FALSE(pending.cancelled());
}

TEST_CASE("a client without its runtime refuses all, each in its way") {
  auto on = std::make_optional<stage>();
  auto client = on->client;
  auto finished = client.submit<inc>(1);
  finished.get();
  on.reset();
  CHECK(client.closed());
  auto f = client.submit<inc>(1);
  CHECK_THROWS_AS(f.get(), client_closed);
  CHECK_THROWS_AS(std::rethrow_exception(f.error()), client_closed);
  auto of_finished = client.submit<inc>(finished);
  CHECK_THROWS_AS(of_finished.get(), client_closed);
  auto coroutine = client.submit<wait_for_ever>(nullptr);
  CHECK_THROWS_AS(coroutine.get(), client_closed);
  for (auto const& each : client.map<inc>(std::vector{1, 2, 3})) CHECK_THROWS_AS(each.get(), client_closed);
  CHECK_THROWS_AS(client.cluster_info().get(), client_closed);
  CHECK(to_string(client) == "closed");
  f.cancel();
  CHECK_FALSE(f.cancelled());
  CHECK_FALSE(f.key().empty());
  client.close();
  auto copy = client.with(troupe::task_options{}.key("k"));
  auto keyed = copy.submit<inc>(1);
  CHECK_THROWS_AS(keyed.get(), client_closed);
}

TEST_CASE("on_done is called also for futures of a client that is closed, before and after") {
  std::atomic<int> calls = 0;
  gate g;
  auto on = std::make_optional<stage>();
  opened_at_end at_end(g);
  auto client = on->client;
  auto running = client.submit<pass>(&g);
  g.wait_for(1);
  running.on_done([&](future<int> f) { calls += f.failed() ? 1 : 100; });
  on.reset();
  CHECK(calls == 1);
  running.on_done([&](future<int> f) { calls += f.failed() ? 1 : 100; });
  CHECK(calls == 2);
  client.submit<inc>(1).on_done([&](future<int> f) { calls += f.failed() ? 1 : 100; });
  CHECK(calls == 3);
}

TEST_CASE("closing a client ends its own futures and nobody else's") {
  gate g;
  stage on(1, 2);
  opened_at_end at_end(g);
  auto other = on.cluster.connect("other");
  auto mine = on.client.submit<pass>(&g);
  auto theirs = other.submit<pass>(&g);
  g.wait_for(2);
  auto copy = on.client;
  copy.close();
  CHECK(on.client.closed());
  CHECK_THROWS_AS(mine.get(), client_closed);
  CHECK_THROWS_AS(on.client.submit<inc>(1).get(), client_closed);
  g.open();
  CHECK(theirs.get() == 1);
  CHECK(other.submit<inc>(1).get() == 2);
  theirs = {};
  troupe::test::until_empty(other);
}

TEST_CASE("a default-constructed client says that it has no cluster") {
  troupe::client none;
  CHECK(none.closed());
  CHECK_THROWS_AS(static_cast<void>(none.submit<inc>(1)), client_closed);
  CHECK_THROWS_AS(static_cast<void>(none.map<inc>(std::vector{1})), client_closed);
  CHECK_THROWS_AS(static_cast<void>(none.cluster_info()), client_closed);
  CHECK_THROWS_AS(none.close(), client_closed);
  CHECK(to_string(none) == "no cluster");
  auto copy = none.with({});
  CHECK_THROWS_AS(static_cast<void>(copy.submit<inc>(1)), client_closed);
}

TEST_CASE("a client that was moved from is like one that never had a cluster") {
  stage on;
  auto moved = std::move(on.client);
  CHECK(moved.submit<inc>(1).get() == 2);
  CHECK_THROWS_AS(static_cast<void>(on.client.submit<inc>(1)), client_closed);  // NOLINT(bugprone-use-after-move)
  CHECK(to_string(on.client) == "no cluster");
}

TEST_CASE("an empty future throws future_invalid from everything but valid") {
  stage on;
  auto f = on.client.submit<inc>(1);
  auto moved = std::move(f);
  future<int> none;
  for (auto const* empty : {&f, &none}) {  // NOLINT(bugprone-use-after-move)
    CHECK_FALSE(empty->valid());
    CHECK_THROWS_AS(empty->get(), troupe::future_invalid);
    CHECK_THROWS_AS(empty->get(std::chrono::seconds(1)), troupe::future_invalid);
    CHECK_THROWS_AS(empty->done(), troupe::future_invalid);
    CHECK_THROWS_AS(empty->failed(), troupe::future_invalid);
    CHECK_THROWS_AS(empty->error(), troupe::future_invalid);
    CHECK_THROWS_AS(empty->status(), troupe::future_invalid);
    CHECK_THROWS_AS(empty->key(), troupe::future_invalid);
    CHECK_THROWS_AS(empty->cancel(), troupe::future_invalid);
    CHECK_THROWS_AS(empty->on_done([](future<int> const&) {}), troupe::future_invalid);
  }
  CHECK(moved.get() == 2);
}

TEST_CASE("closing ends suspended, blocked, running and pending tasks, thousands of them") {
  gate begun;
  auto on = std::make_optional<stage>(2, 2);
  auto client = on->client;
  std::vector<future<int>> futures;
  for (int i = 0; i < 2000; ++i) futures.push_back(client.submit<wait_for_ever>(&begun));
  begun.wait_for(2000);
  SECTION("suspended for ever") {}
  SECTION("waiting for children that run") {
    for (int i = 0; i < 100; ++i) futures.push_back(client.submit<wait_for_child>(&begun));
    begun.wait_for(2002);
  }
  SECTION("blocked on children that run") {
    for (int i = 0; i < 20; ++i) futures.push_back(client.submit<block_for_child>(&begun));
    begun.wait_for(2002);
  }
  SECTION("running, with thousands behind them") {
    for (int i = 0; i < 4; ++i) futures.push_back(client.submit<pass>(&begun));
    // All four may lie on one worker, which has two threads.
    begun.wait_for(2002);
    auto pending = client.map<inc>(std::views::iota(0, 5000));
    futures.insert(futures.end(), pending.begin(), pending.end());
    auto below = client.map<inc>(pending);
    futures.insert(futures.end(), below.begin(), below.end());
  }
  SECTION("submitting without end") {
    for (int i = 0; i < 2; ++i) futures.push_back(client.submit<submit_until_closed>(&begun));
    begun.wait_for(2002);
  }
  on.reset();
  for (auto const& f : futures) {
    CHECK(f.done());
    CHECK(ended_by_closing(f));
  }
}

TEST_CASE("closing in the middle of a stream of submits and releases loses nothing and hangs nowhere") {
  for (int round = 0; round < 10; ++round) {
    std::atomic<int> runs = 0, callbacks = 0, registered = 0;
    std::atomic<bool> closing = false;
    auto on = std::make_optional<stage>(1, 1);
    std::atomic<int> as_expected = 0;
    std::vector<std::thread> users;
    for (int u = 0; u < 3; ++u)
      users.emplace_back([&, client = on->client] {
        future<int> last;
        for (int i = 0; i < 20'000; ++i) {
          auto f = client.submit<grow>(i, &runs);
          if (i % 7 == 0) {
            ++registered;
            f.on_done([&](future<int> const&) { ++callbacks; });
          }
          if (i % 5 == 0) f.cancel();
          if (i % 3 == 0) last = f;
          if (closing && client.closed()) break;
        }
        if (ended_by_closing(last) != last.cancelled()) ++as_expected;
      });
    troupe::test::eventually([&] { return runs > 0; });
    closing = true;
    on.reset();
    for (auto& u : users) u.join();
    CHECK(as_expected == 3);
    CHECK(callbacks == registered);
  }
}

TEST_CASE("closing several times, from several threads, is closing once") {
  stage on(2, 1);
  auto f = on.client.submit<inc>(1);
  {
    std::vector<std::jthread> closing;
    for (int i = 0; i < 3; ++i) closing.emplace_back([&] { on.cluster.close(); });
    closing.emplace_back([&] { on.runtime.close(); });
  }
  CHECK(f.done());
  on.cluster.close();
  CHECK_THROWS_AS(static_cast<void>(on.cluster.connect()), client_closed);
}

TEST_CASE("no actor or handler is left once the cluster is closed") {
  gate begun;
  troupe::runtime runtime;
  {
    troupe::local_cluster cluster(runtime, troupe::cluster_options{}.workers(2).threads_per_worker(2));
    auto client = cluster.connect();
    std::vector<future<int>> futures;
    for (int i = 0; i < 10; ++i) futures.push_back(client.submit<wait_for_ever>(&begun));
    begun.wait_for(10);
  }
  CHECK(runtime.live_actors() == 0);
  CHECK(runtime.live_handlers() == 0);
}

TEST_CASE("a question about the cluster that meets its end is answered with client_closed") {
  for (int round = 0; round < 20; ++round) {
    auto on = std::make_optional<stage>();
    std::vector<future<troupe::cluster_info>> asked;
    auto client = on->client;
    std::jthread asking([&] {
      while (!client.closed()) {
        asked.push_back(client.cluster_info());
        if (asked.size() % so_many == 0) troupe::test::until_done(asked.back());
      }
    });
    if (round % 2) static_cast<void>(client.cluster_info().get());
    on.reset();
    asking.join();
    for (auto const& f : asked) {
      try {
        auto info = f.get();
        CHECK(info.workers.size() <= 1);
      } catch (client_closed const&) {
        CHECK(f.failed());
      }
    }
  }
}
