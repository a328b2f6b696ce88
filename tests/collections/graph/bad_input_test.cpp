#include <troupe/troupe.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace {

using troupe::scheduler;

int inc(int x) { return x + 1; }
int dec(int x) { return x - 1; }
int add(int a, int b) { return a + b; }
std::string text_of(int x) { return std::to_string(x); }
int sum(std::vector<int> const& xs) {
  int total = 0;
  for (int x : xs) total += x;
  return total;
}

/// What an action complains of; "" for nothing.
template <class Action>
std::string complaint(Action const& action) {
  try {
    static_cast<void>(action());
  } catch (troupe::error const& e) {
    return e.what();
  }
  return "";
}

using Catch::Contains;

}  // namespace

TEST_CASE("a cycle is an error that names its nodes in order") {
  troupe::graph g;
  auto a = g.call<inc>("a", g.ref<int>("c"));
  auto b = g.call<inc>("b", a);
  auto c = g.call<inc>("c", b);
  auto z = g.call<inc>("z", c);
  for (auto where : {scheduler::sync, scheduler::threads})
    CHECK_THAT(complaint([&] { return troupe::get(g, z, where); }), Contains("cycle") && Contains("c -> b -> a -> c"));
}

TEST_CASE("a node that needs itself is a cycle") {
  troupe::graph g;
  auto a = g.call<add>("a", 1, g.ref<int>("a"));
  CHECK_THAT(complaint([&] { return troupe::get(g, a, scheduler::sync); }), Contains("a -> a"));
}

TEST_CASE("a long cycle is found without recursion, and not all of it is written down") {
  troupe::graph g;
  auto last = g.ref<int>("first");
  for (int i = 0; i < 200'000; ++i) last = g.call<inc>(last);
  auto first = g.call<inc>("first", last);
  auto text = complaint([&] { return troupe::get(g, first, scheduler::sync); });
  CHECK_THAT(text, Contains("cycle") && Contains("more)") && Contains("first"));
  CHECK(text.size() < 2000);
}

TEST_CASE("a cycle that nobody asked for hurts nobody") {
  troupe::graph g;
  g.call<inc>("a", g.ref<int>("b"));
  g.call<inc>("b", g.ref<int>("a"));
  CHECK(troupe::get(g, g.call<inc>("c", 1), scheduler::sync) == 2);
}

TEST_CASE("a reference to nothing is an error that names it and who needs it") {
  troupe::graph g;
  auto later = g.ref<int>("later");
  auto user = g.call<inc>("user", later);
  CHECK_THAT(complaint([&] { return troupe::get(g, user, scheduler::sync); }),
             Contains("'later'") && Contains("user needs it"));
  CHECK_THAT(complaint([&] { return troupe::get(g, later, scheduler::sync); }), Contains("'later'"));
  g.value("later", 4);
  CHECK(troupe::get(g, user, scheduler::sync) == 5);
}

TEST_CASE("a key that means two calls is an error that names both") {
  troupe::graph g;
  auto a = g.value("a", 1);
  auto b = g.call<inc>("b", a);
  CHECK_THAT(complaint([&] { return g.call<dec>("b", a); }),
             Contains("'b'") && Contains("inc on a") && Contains("dec on a"));
  CHECK_THAT(complaint([&] { return g.call<inc>("b", b); }),
             Contains("'b'") && Contains("inc on a") && Contains("inc on b"));
  CHECK_THAT(complaint([&] { return g.value("b", 1); }), Contains("inc on a") && Contains("a value of type int"));
  g.call<inc>("plain", 1);
  CHECK_THAT(complaint([&] { return g.call<inc>("plain", 2); }), Contains("'plain'") && Contains("other arguments"));
  CHECK_THAT(complaint([&] { return g.value("a", 2); }), Contains("'a'") && Contains("another one"));
  // What was there is as it was.
  CHECK(troupe::get(g, b, scheduler::sync) == 2);
}

TEST_CASE("a key given again to an equal call is the same node") {
  troupe::graph g;
  auto a = g.value("a", 1);
  CHECK(g.value("a", 1) == a);
  auto b = g.call<add>("b", a, 2);
  CHECK(g.call<add>("b", a, 2) == b);
  CHECK(g.size() == 2);
}

TEST_CASE("a reference of another type than what it refers to is an error that names both types") {
  troupe::graph g;
  g.call<inc>("user", g.ref<int>("x"));
  CHECK_THAT(complaint([&] { return g.call<text_of>("x", 1); }),
             Contains("'x'") && Contains("int") && Contains("string"));
  g.value("y", 1);
  CHECK_THAT(complaint([&] { return g.ref<std::string>("y"); }),
             Contains("'y'") && Contains("int") && Contains("string"));
  CHECK_THAT(complaint([&] { return g.ref<int>(""); }), Contains("key"));
}

TEST_CASE("a node of another graph is refused, and so is one of none") {
  troupe::graph g, other;
  auto foreign = other.value("a", 1);
  CHECK_THAT(complaint([&] { return g.call<inc>("b", foreign); }), Contains("another graph"));
  CHECK_THAT(complaint([&] { return g.call<sum>("s", std::vector{troupe::graph_node<int>()}); }), Contains("no graph"));
  CHECK_THAT(complaint([&] { return troupe::get(g, foreign, scheduler::sync); }), Contains("another graph"));
  CHECK_THAT(complaint([&] { return g.key(foreign); }), Contains("another graph"));
  CHECK(g.size() == 0);
}

TEST_CASE("options with a key are refused: keys are given to calls") {
  troupe::graph g;
  CHECK_THAT(complaint([&] { return g.with(troupe::task_options{}.key("k")); }), Contains("'k'"));
}
