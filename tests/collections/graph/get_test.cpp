#include <troupe/troupe.hpp>

#include <catch2/catch.hpp>

#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

namespace {

using troupe::scheduler;

int inc(int x) { return x + 1; }
int add(int a, int b) { return a + b; }
int sum(std::vector<int> const& xs) {
  int total = 0;
  for (int x : xs) total += x;
  return total;
}
int sum_of_map(std::map<std::string, int> const& xs) {
  int total = 0;
  for (auto const& [name, x] : xs) total += x;
  return total;
}
int sum_of_three(std::tuple<int, std::optional<int>, std::array<int, 2>> const& xs) {
  return std::get<0>(xs) + std::get<1>(xs).value_or(0) + std::get<2>(xs)[0] + std::get<2>(xs)[1];
}
int fail(int x) { throw std::out_of_range("no place for " + std::to_string(x)); }
int never(int) {
  std::abort();  // is not needed, so must not run
}
int process_id(int) { return ::getpid(); }
std::string own_key(troupe::task_context& context, int) { return context.key(); }
bool has_no_cluster(troupe::task_context& context) {
  try {
    static_cast<void>(context.client().submit<inc>(1));
  } catch (troupe::client_closed const&) {
    return true;
  }
  return false;
}
troupe::task<int> inc_later(int x) {
  co_await troupe::sleep_for(troupe::duration::zero());
  co_return x + 1;
}
std::uintptr_t where(std::vector<int> const& xs) { return reinterpret_cast<std::uintptr_t>(xs.data()); }
bool same(std::uintptr_t a, std::uintptr_t b) { return a == b; }
std::vector<int> longer(std::vector<int> xs) {
  xs.push_back(0);
  return xs;
}
void nothing(int) {}
std::string greet(std::string const& name) { return "hello " + name; }
std::thread::id asked_on;
bool on_asking_thread() { return std::this_thread::get_id() == asked_on; }
int attempts(troupe::task_context& context) {
  if (context.attempt() < 3) throw std::runtime_error("again");
  return context.attempt();
}

struct scaled {
  int by = 1;
  int operator()(int x) const { return by * x; }
};

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

TEST_CASE("a graph gives the same wherever it is run, and any number of times") {
  auto how = GENERATE(scheduler::sync, scheduler::threads, scheduler::processes);
  troupe::graph g;
  auto a = g.value("a", 1);
  auto x = g.value("x", 10);
  auto b = g.call<inc>("b", a);
  auto y = g.call<inc>("y", x);
  auto z = g.call<add>("z", b, y);
  CHECK(troupe::get(g, z, how) == 13);
  CHECK(troupe::get(g, z, how) == 13);
  CHECK(troupe::get(g, a, how) == 1);
}

TEST_CASE("arguments are values, nodes, and containers of nodes") {
  auto how = GENERATE(scheduler::sync, scheduler::threads);
  troupe::graph g;
  auto one = g.value(1);
  auto two = g.call<inc>(one);
  CHECK(troupe::get(g, g.call<sum>("s", std::vector{one, two, two}), how) == 5);
  CHECK(troupe::get(g, g.call<sum_of_map>(std::map<std::string, troupe::graph_node<int>>{{"a", one}, {"b", two}}),
                    how) == 3);
  CHECK(troupe::get(g, g.call<sum_of_three>(std::tuple(5, std::optional(two), std::array{one, one})), how) == 9);
  CHECK(troupe::get(g, g.call<sum>(std::vector{7, 8}), how) == 15);
  CHECK(troupe::get(g, g.call<add>(two, two), how) == 4);
  CHECK(troupe::get(g, g.call<greet>("Ann"), how) == "hello Ann");
  CHECK(troupe::get(g, g.call<greet>("key", "Bob"), how) == "hello Bob");
  CHECK(troupe::get(g, g.call([](int n) { return n * n; }, two), how) == 4);
  CHECK(troupe::get(g, g.call("square", [](int n) { return n * n * n; }, two), how) == 8);
  CHECK(troupe::get(g, g.call("scaled", scaled{3}, two), how) == 6);
}

TEST_CASE("several results are asked for in a container, each is computed once") {
  auto how = GENERATE(scheduler::sync, scheduler::threads, scheduler::processes);
  troupe::graph g;
  auto a = g.call<inc>("a", 1);
  auto b = g.call<inc>("b", a);
  auto text = g.call<greet>("text", "you");
  CHECK(troupe::get(g, std::vector{b, a, b}, how) == std::vector{3, 2, 3});
  CHECK(troupe::get(g, std::tuple(a, text), how) == std::tuple(2, std::string("hello you")));
  CHECK(troupe::get(g, std::map<std::string, troupe::graph_node<int>>{{"x", b}}, how) ==
        std::map<std::string, int>{{"x", 3}});
  CHECK(troupe::get(g, std::vector<troupe::graph_node<int>>(), how).empty());
  troupe::get(g, g.call<nothing>("n", a), how);
}

TEST_CASE("what the asked results do not need is not run") {
  auto how = GENERATE(scheduler::sync, scheduler::threads);
  troupe::graph g;
  auto a = g.value("a", 1);
  g.call<never>("never", g.call<never>("not", a));
  g.call<inc>("nor", g.ref<int>("missing"));
  CHECK(troupe::get(g, g.call<inc>("b", a), how) == 2);
}

TEST_CASE("sync runs on the calling thread, processes in others") {
  troupe::graph g;
  asked_on = std::this_thread::get_id();
  CHECK(troupe::get(g, g.call<on_asking_thread>("here"), scheduler::sync));
  CHECK_FALSE(troupe::get(g, g.call<on_asking_thread>("there"), scheduler::threads));
  auto id = g.call<process_id>("id", 0);
  CHECK(troupe::get(g, id, scheduler::sync) == ::getpid());
  CHECK(troupe::get(g, id, scheduler::processes) != ::getpid());
}

TEST_CASE("what a call throws is a task_error with its key") {
  auto how = GENERATE(scheduler::sync, scheduler::threads, scheduler::processes);
  troupe::graph g;
  auto bad = g.call<fail>("bad", 7);
  auto top = g.call<inc>("top", bad);
  auto e = failure<troupe::task_error>([&] { return troupe::get(g, top, how); });
  CHECK(e.key() == "bad");
  CHECK(e.function() == "fail");
  CHECK(e.message() == "no place for 7");
  CHECK_THAT(e.type_name(), Catch::Contains("out_of_range"));
  auto unnamed = g.call<fail>(8);
  CHECK_THAT(failure<troupe::task_error>([&] { return troupe::get(g, unnamed, how); }).key(),
             Catch::StartsWith("fail-"));
}

TEST_CASE("a function sees its key, and in sync no cluster") {
  troupe::graph g;
  auto key = g.call<own_key>("my own", 1);
  for (auto how : {scheduler::sync, scheduler::threads}) CHECK(troupe::get(g, key, how) == "my own");
  CHECK(g.key(key) == "my own");
  CHECK(troupe::get(g, g.call<has_no_cluster>(), scheduler::sync));
}

TEST_CASE("coroutines are calls, too") {
  troupe::graph g;
  auto a = g.call<inc_later>("a", 1);
  auto b = g.call<inc_later>("b", a);
  for (auto how : {scheduler::sync, scheduler::threads}) CHECK(troupe::get(g, b, how) == 3);
}

TEST_CASE("values that several calls take by const reference are not copied") {
  auto how = GENERATE(scheduler::sync, scheduler::threads);
  troupe::graph g;
  auto xs = g.value("xs", std::vector<int>(1000));
  auto made = g.call<longer>("made", xs);
  CHECK(troupe::get(g, g.call<same>(g.call<where>("p", xs), g.call<where>("q", xs)), how));
  CHECK(troupe::get(g, g.call<same>(g.call<where>("r", made), g.call<where>("s", made)), how));
}

TEST_CASE("a value of the graph stays what it is, whoever takes it by value or asks for it") {
  auto how = GENERATE(scheduler::sync, scheduler::threads);
  troupe::graph g;
  auto xs = g.value("xs", std::vector<int>(3, 7));
  auto more = g.call<longer>("more", xs);
  for (int i = 0; i < 2; ++i) {
    CHECK(troupe::get(g, more, how) == std::vector{7, 7, 7, 0});
    CHECK(troupe::get(g, xs, how) == std::vector{7, 7, 7});
    CHECK(troupe::get(g, g.call<longer>(std::vector{1}), how) == std::vector{1, 0});
  }
}

TEST_CASE("a plain argument that is taken by value serves every run") {
  troupe::graph g;
  auto made = g.call<longer>("made", std::vector{1, 2});
  for (auto how : {scheduler::sync, scheduler::threads, scheduler::sync})
    CHECK(troupe::get(g, made, how) == std::vector{1, 2, 0});
}

TEST_CASE("a chain of a hundred thousand calls is run") {
  troupe::graph g;
  auto last = g.value(0);
  for (int i = 0; i < 100'000; ++i) last = g.call<inc>(last);
  CHECK(troupe::get(g, last, scheduler::sync) == 100'000);
}

TEST_CASE("sync tries again as often as the options say") {
  troupe::graph g;
  CHECK(troupe::get(g, g.with(troupe::task_options{}.retries(2)).call<attempts>("patient"), scheduler::sync) == 3);
  auto hasty = g.with(troupe::task_options{}.retries(1)).call<attempts>("hasty");
  CHECK(failure<troupe::task_error>([&] { return troupe::get(g, hasty, scheduler::sync); }).attempt() == 2);
}

TEST_CASE("past its deadline a call does not begin") {
  troupe::graph g;
  auto late = g.with(troupe::task_options{}.deadline(troupe::clock::now())).call<inc>("late", 1);
  for (auto how : {scheduler::sync, scheduler::threads})
    CHECK(failure<troupe::cancelled_error>([&] { return troupe::get(g, late, how); }).reason() == "deadline");
}

TEST_CASE("threads run one graph at once from several threads") {
  troupe::graph g;
  auto b = g.call<inc>("b", g.value("a", 1));
  std::vector<int> results(3);
  {
    std::vector<std::jthread> threads;
    for (auto& result : results) threads.emplace_back([&] { result = troupe::get(g, b, scheduler::threads); });
  }
  CHECK(results == std::vector{2, 2, 2});
}
