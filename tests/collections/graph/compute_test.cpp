#include "../../actors/client/support/gate.hpp"
#include "../../actors/client/support/stage.hpp"

#include <troupe/troupe.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <map>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace {

using troupe::graph;
using troupe::test::eventually;
using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::opened_at_end;
using troupe::test::until_empty;
using counter_ref = troupe::test::pointer_to<std::atomic<int>>;

int inc(int x) { return x + 1; }
int add(int a, int b) { return a + b; }
int sum(std::vector<int> const& xs) {
  int total = 0;
  for (int x : xs) total += x;
  return total;
}
int count(counter_ref runs, int x) {
  ++**runs;
  return x;
}
int fail(int x) { throw std::out_of_range("no place for " + std::to_string(x)); }
int pass(gate_ref g) {
  (*g)->pass();
  return 1;
}
int submit_inside(troupe::task_context& context, int x) {
  graph g;
  auto y = g.call<inc>("inside", x);
  return context.client().compute(g, g.call<inc>("and out", y)).get();
}

struct stage {
  troupe::runtime runtime;
  troupe::local_cluster cluster{runtime, troupe::cluster_options{}.workers(1).threads_per_worker(1)};
  troupe::client client = cluster.connect();
};

/// Until the scheduler keeps one task.
void until_one_is_left(troupe::client const& c) {
  eventually([&] { return c.cluster_info().get().tasks <= 1; });
}

template <class E, class Action>
E failure(Action const& action) {
  try {
    static_cast<void>(action());
  } catch (E const& e) {
    return e;
  }
  FAIL("no such exception");
  throw std::exception();
}

}  // namespace

TEST_CASE("a client gives futures of what was asked for, in its shape") {
  stage on;
  graph g;
  auto a = g.value("a", 1);
  auto b = g.call<inc>("b", a);
  auto z = g.call<add>("z", b, 10);
  troupe::future<int> one = on.client.compute(g, z);
  CHECK(one.get() == 12);
  std::tuple<troupe::future<int>, troupe::future<int>> two = on.client.compute(g, b, z);
  CHECK(std::get<0>(two).get() == 2);
  CHECK(std::get<1>(two).get() == 12);
  std::vector<troupe::future<int>> many = on.client.compute(g, std::vector{z, a, z});
  CHECK(many[0].get() + many[1].get() + many[2].get() == 25);
  auto named = on.client.compute(g, std::map<std::string, troupe::graph_node<int>>{{"x", a}});
  CHECK(named.at("x").get() == 1);
}

TEST_CASE("a future of a graph is an argument like any other") {
  stage on;
  graph g;
  auto f = on.client.compute(g, g.call<inc>("a", 1));
  CHECK(on.client.submit<inc>(f).get() == 3);
}

TEST_CASE("the keys of the graph are those of its tasks") {
  stage on;
  graph g;
  auto named = on.client.compute(g, g.call<inc>("my key", 1));
  CHECK(named.key() == "my key");
  auto unnamed = on.client.compute(g, g.call<inc>(1));
  CHECK_THAT(unnamed.key(), Catch::StartsWith("inc-"));
}

TEST_CASE("a result that is held is not computed again, whichever graph has its key") {
  std::atomic<int> runs = 0;
  stage on;
  graph g, other;
  auto held = on.client.compute(g, g.call<count>("counted", &runs, 5));
  CHECK(held.get() == 5);
  auto top = other.call<inc>("top", other.call<count>("counted", &runs, 5));
  CHECK(on.client.compute(other, top).get() == 6);
  CHECK(runs == 1);
}

TEST_CASE("a key that means two calls on one cluster fails what comes second, by its name") {
  stage on;
  graph g, other;
  auto first = on.client.compute(g, g.call<inc>("b", g.value("a", 1)));
  SECTION("as another value") {
    auto second = on.client.compute(other, other.value("b", 2));
    CHECK_THAT(failure<troupe::error>([&] { return second.get(); }).what(), Catch::Contains("'b'"));
  }
  SECTION("as the same function of something else") {
    auto second = on.client.compute(other, other.call<inc>("b", other.value("c", 5)));
    CHECK_THAT(failure<troupe::error>([&] { return second.get(); }).what(), Catch::Contains("'b'"));
  }
  CHECK(first.get() == 2);
}

TEST_CASE("what only the graph needs is let go when it was used") {
  stage on;
  graph g;
  std::vector<troupe::graph_node<int>> leaves;
  for (int i = 0; i < 200; ++i) leaves.push_back(g.call<inc>(g.value(i)));
  auto total = on.client.compute(g, g.call<sum>("total", leaves));
  CHECK(total.get() == 20'100);
  until_one_is_left(on.client);
  total = {};
  until_empty(on.client);
}

TEST_CASE("a failed call fails all that need it, with its key, and nothing else") {
  stage on;
  graph g;
  auto bad = g.call<fail>("bad", 1);
  auto [lost, good] = on.client.compute(g, g.call<inc>("lost", g.call<inc>(bad)), g.call<inc>("good", 1));
  CHECK(failure<troupe::task_error>([&, f = lost] { return f.get(); }).key() == "bad");
  CHECK(good.get() == 2);
}

TEST_CASE("when its last future goes before it ran, a graph is not run") {
  gate g;
  std::atomic<int> runs = 0;
  stage on;
  opened_at_end opened(g);
  auto busy = on.client.submit<pass>(&g);
  g.wait_for(1);
  {
    graph calls;
    auto last = calls.call<count>(&runs, 0);
    auto wanted = on.client.compute(calls, calls.call<inc>(last));
  }
  until_one_is_left(on.client);
  g.open();
  CHECK(busy.get() == 1);
  busy = {};
  until_empty(on.client);
  CHECK(runs == 0);
}

TEST_CASE("cancelling a result of a graph ends its wait") {
  gate g;
  stage on;
  opened_at_end opened(g);
  graph calls;
  auto waiting = on.client.compute(calls, calls.call<inc>("after", calls.call<pass>("gate", &g)));
  g.wait_for(1);
  waiting.cancel();
  CHECK(failure<troupe::cancelled_error>([&] { return waiting.get(); }).reason() == "cancelled");
}

TEST_CASE("futures of the client are arguments of its graphs, and of no local run") {
  stage on;
  auto f = on.client.submit<inc>(1);
  graph g;
  auto b = g.call<add>("b", f, f);
  CHECK(on.client.compute(g, b).get() == 4);
  CHECK(f.get() == 2);
  for (auto where : {troupe::scheduler::sync, troupe::scheduler::threads})
    CHECK_THAT(failure<troupe::error>([&] { return troupe::get(g, b, where); }).what(),
               Catch::Contains(f.key()) && Catch::Contains("client.compute"));
}

TEST_CASE("tasks compute graphs") {
  stage on;
  graph g;
  CHECK(on.client.compute(g, g.call<submit_inside>("outside", 1)).get() == 3);
}

TEST_CASE("a closed client fails the futures, a graph that is none the call") {
  stage on;
  graph g;
  auto circle = g.call<inc>("circle", g.ref<int>("circle"));
  CHECK_THAT(failure<troupe::error>([&] { return on.client.compute(g, circle); }).what(),
             Catch::Contains("circle -> circle"));
  on.client.close();
  auto late = on.client.compute(g, g.call<inc>("b", g.call<inc>(1)));
  CHECK_THROWS_AS(late.get(), troupe::client_closed);
}

TEST_CASE("a long graph is handed over in portions, and computed") {
  stage on;
  graph g;
  std::vector<troupe::graph_node<int>> sums;
  auto last = g.value(0);
  for (int i = 0; i < 5'000; ++i) {
    last = g.call<inc>(last);
    if (i % 10 == 0) sums.push_back(last);
  }
  CHECK(on.client.compute(g, g.call<add>(g.call<sum>(sums), last)).get() == 500 * 2'496 + 5'000);
}
