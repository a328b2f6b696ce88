#include "support/stage.hpp"
#include "support/tally.hpp"

#include <troupe/futures/promise.hpp>
#include <troupe/net/codec/codec.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace {

using troupe::future;
using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::opened_at_end;
using troupe::test::stage;
using troupe::test::tally;

int inc(int x) { return x + 1; }
int add(int a, int b) { return a + b; }
int pass(gate_ref g, int x) {
  (*g)->pass();
  return x;
}
int sum(std::vector<int> const& xs) { return std::accumulate(xs.begin(), xs.end(), 0); }
int sum_of_sums(std::vector<std::vector<int>> xs) {
  int total = 0;
  for (auto const& x : xs) total += sum(x);
  return total;
}
std::string join(std::map<std::string, int> const& parts) {
  std::string text;
  for (auto const& [name, value] : parts) text += name + std::to_string(value);
  return text;
}
int value_or(std::optional<int> x, int other) { return x.value_or(other); }
int pair_difference(std::pair<int, int> p) { return p.first - p.second; }
double tuple_sum(std::tuple<int, double, std::vector<int>> const& t) {
  return std::get<0>(t) + std::get<1>(t) + sum(std::get<2>(t));
}
int array_sum(std::array<int, 3> const& a) { return a[0] + a[1] + a[2]; }

tally make_tally(int v) { return tally(v); }
tally make_later(gate_ref g, int v) {
  (*g)->pass();
  return tally(v);
}
int look(tally const& t) { return t.value; }
int use_up(tally t) { return t.value; }
std::int64_t address(tally const& t) { return reinterpret_cast<std::intptr_t>(&t); }
tally hand_on(tally t) { return t; }
int look_at_all(std::vector<tally> const& ts) { return static_cast<int>(ts.size()); }

}  // namespace

TEST_CASE("a future is an argument like the value it will have") {
  stage on(2, 1);
  auto x = on.client.submit<inc>(10);
  auto y = on.client.submit<add>(x, 5);
  auto z = on.client.submit<add>(x, y);
  CHECK(z.get() == 27);
}

TEST_CASE("a future that is done already is an argument") {
  stage on;
  auto x = on.client.submit<inc>(1);
  x.get();
  auto y = on.client.submit<inc>(x);
  CHECK(y.get() == 3);
}

TEST_CASE("the same future can be several arguments") {
  stage on;
  auto x = on.client.submit<inc>(1);
  auto kept = on.client.submit<add>(x, x);
  CHECK(kept.get() == 4);
  auto dropped = on.client.submit<add>(x, x);
  x = {};
  CHECK(dropped.get() == 4);
}

TEST_CASE("a chain of a thousand tasks ends, though only its last future is kept") {
  stage on(2, 2);
  auto f = on.client.submit<inc>(0);
  for (int i = 1; i < 1000; ++i) f = on.client.submit<inc>(f);
  CHECK(f.get() == 1000);
}

TEST_CASE("containers of futures become containers of values, however they are nested") {
  stage on(2, 1);
  auto& c = on.client;
  auto one = c.submit<inc>(0), two = c.submit<inc>(1), three = c.submit<inc>(2);

  auto vector = c.submit<sum>(std::vector{one, two, three});
  CHECK(vector.get() == 6);
  auto nested = c.submit<sum_of_sums>(std::vector{std::vector{one}, std::vector<future<int>>{}, std::vector{two, two}});
  CHECK(nested.get() == 5);
  auto map = c.submit<join>(std::map<std::string, future<int>>{{"b", two}, {"a", one}});
  CHECK(map.get() == "a1b2");
  auto filled = c.submit<value_or>(std::optional(three), 7);
  CHECK(filled.get() == 3);
  auto empty = c.submit<value_or>(std::optional<future<int>>(), 7);
  CHECK(empty.get() == 7);
  auto pair = c.submit<pair_difference>(std::pair{three, one});
  CHECK(pair.get() == 2);
  auto half_a_pair = c.submit<pair_difference>(std::pair{three, 10});
  CHECK(half_a_pair.get() == -7);
  auto tuple = c.submit<tuple_sum>(std::tuple{one, 0.5, std::vector{two, three}});
  CHECK(tuple.get() == 6.5);
  auto array = c.submit<array_sum>(std::array{one, two, three});
  CHECK(array.get() == 6);
}

TEST_CASE("an empty vector of futures is an empty vector of values") {
  stage on;
  auto f = on.client.submit<sum>(std::vector<future<int>>{});
  CHECK(f.get() == 0);
}

TEST_CASE("a parameter by const reference shares the stored value", "[one process]") {
  tally::reset();
  {
    stage on;
    auto t = on.client.submit<make_tally>(5);
    t.get();
    int moves = tally::moves();
    auto a = on.client.submit<look>(t);
    auto b = on.client.submit<address>(t);
    CHECK(a.get() == 5);
    CHECK(b.get() == reinterpret_cast<std::intptr_t>(&t.get()));
    CHECK(tally::copies() == 0);
    CHECK(tally::moves() == moves);
  }
  CHECK(tally::live() == 0);
  CHECK(tally::encodings() == 0);
}

TEST_CASE("a value is shared by the workers of a process, too", "[one process]") {
  tally::reset();
  gate g;
  {
    stage on(2, 1);
    opened_at_end at_end(g);
    // Both run at the same time, so each is made on a worker of its own.
    auto a = on.client.submit<make_later>(&g, 1), b = on.client.submit<make_later>(&g, 2);
    g.wait_for(2);
    g.open();
    auto seen = on.client.submit(
        [](tally const& x, tally const& y) {
          return std::pair(reinterpret_cast<std::intptr_t>(&x), reinterpret_cast<std::intptr_t>(&y));
        },
        a, b);
    CHECK(seen.get().first == reinterpret_cast<std::intptr_t>(&a.get()));
    CHECK(seen.get().second == reinterpret_cast<std::intptr_t>(&b.get()));
    CHECK(tally::copies() == 0);
  }
  CHECK(tally::live() == 0);
  CHECK(tally::encodings() == 0);
}

TEST_CASE("a parameter by value copies while somebody else holds the value") {
  stage on;
  auto t = on.client.submit<make_tally>(5);
  t.get();
  tally::reset();
  auto f = on.client.submit<use_up>(t);
  CHECK(f.get() == 5);
  CHECK(tally::copies() == 1);
  CHECK(t.get().value == 5);
}

TEST_CASE("a parameter by value takes the value over from its last holder") {
  tally::reset();
  gate g;
  {
    stage on;
    opened_at_end at_end(g);
    auto t = on.client.submit<make_later>(&g, 5);
    auto f = on.client.submit<hand_on>(std::exchange(t, {}));
    auto last = on.client.submit<use_up>(std::exchange(f, {}));
    // The answer comes after the scheduler has heard that nobody else holds the values.
    static_cast<void>(on.client.explain(last).get());
    g.open();
    CHECK(last.get() == 5);
    CHECK(tally::copies() == 0);
  }
  CHECK(tally::live() == 0);
}

TEST_CASE("an argument is moved on its whole way into the function", "[one process]") {
  stage on;
  tally::reset();
  auto f = on.client.submit<use_up>(tally(3));
  CHECK(f.get() == 3);
  auto g = on.client.submit<look>(tally(4));
  CHECK(g.get() == 4);
  CHECK(tally::copies() == 0);
  CHECK(tally::encodings() == 0);
}

TEST_CASE("awaiting the last future moves the result out, an earlier one copies it") {
  stage on;
  tally::reset();
  auto f = on.client.submit<make_tally>(1);
  auto other = f;
  CHECK(std::move(f).get().value == 1);
  CHECK(tally::copies() == 1);
  CHECK(other.get().value == 1);
}

TEST_CASE("a future of another client is refused by name") {
  stage on;
  auto other = on.cluster.connect("other");
  auto x = other.submit<inc>(1);
  CHECK_THROWS_WITH(static_cast<void>(on.client.submit<inc>(x)), Catch::Contains("this client did not make"));
  CHECK_THROWS_AS(static_cast<void>(on.client.submit<sum>(std::vector{x})), troupe::error);
  CHECK_THROWS_AS(static_cast<void>(on.client.map<inc>(std::vector{x})), troupe::error);
  auto ready = troupe::make_ready_future(3);
  CHECK_THROWS_AS(static_cast<void>(on.client.submit<inc>(ready)), troupe::error);
  CHECK_THROWS_AS(static_cast<void>(on.client.with(troupe::task_options{}.after(x)).submit<inc>(1)), troupe::error);
  CHECK(x.get() == 2);
}

TEST_CASE("an empty future is refused as an argument") {
  stage on;
  future<int> none;
  CHECK_THROWS_AS(static_cast<void>(on.client.submit<inc>(none)), troupe::future_invalid);
  CHECK_THROWS_AS(static_cast<void>(on.client.submit<sum>(std::vector{none})), troupe::future_invalid);
  CHECK_THROWS_AS(static_cast<void>(on.client.map<inc>(std::vector{none})), troupe::future_invalid);
  CHECK_THROWS_AS(static_cast<void>(on.client.with(troupe::task_options{}.after(none)).submit<inc>(1)),
                  troupe::future_invalid);
}

TEST_CASE("an argument keeps the result wanted until the task that takes it has run") {
  gate g;
  stage on;
  opened_at_end at_end(g);
  auto slow = on.client.submit<pass>(&g, 1);
  auto x = on.client.submit<inc>(10);
  auto y = on.client.submit<add>(std::exchange(x, {}), std::exchange(slow, {}));
  g.open();
  CHECK(y.get() == 12);
}

TEST_CASE("workers exchange the values that their tasks need") {
  gate g;
  stage on(2, 1);
  opened_at_end at_end(g);
  // Both run at the same time, so each is made on a worker of its own.
  auto where = [](troupe::task_context& context, gate_ref at) {
    (*at)->pass();
    return context.worker();
  };
  auto a = on.client.submit(where, &g), b = on.client.submit(where, &g);
  g.wait_for(2);
  g.open();
  CHECK(a.get() != b.get());
  auto both = on.client.submit([](std::string const& x, std::string const& y) { return x + y; }, a, b);
  CHECK(both.get() == a.get() + b.get());
}

TEST_CASE("a vector of values made by several workers arrives whole") {
  stage on(3, 1);
  auto parts = on.client.map<make_tally>(std::views::iota(0, 300));
  auto count = on.client.submit<look_at_all>(parts);
  CHECK(count.get() == 300);
  parts.clear();
  count = {};
  troupe::test::until_empty(on.client);
}
