#include "support/stage.hpp"

#include <troupe/futures/gather.hpp>
#include <troupe/futures/promise.hpp>
#include <troupe/futures/scope.hpp>
#include <troupe/futures/sleep_for.hpp>
#include <troupe/net/codec/codec.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

namespace {

using troupe::future;
using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::stage;

template <class T>
using shared = troupe::test::pointer_to<future<T> const>;

int inc(int x) { return x + 1; }

troupe::task<int> wait_for(gate_ref begun, shared<int> what) {
  (*begun)->arrive();
  co_return co_await **what;
}
int block_for(gate_ref begun, shared<int> what) {
  (*begun)->arrive();
  return (*what)->get();
}

troupe::task<long> fib(troupe::task_context& context, long n) {
  if (n < 2) co_return n;
  auto client = context.client();
  auto a = client.submit<fib>(n - 1);
  auto b = client.submit<fib>(n - 2);
  long left = co_await a;
  long right = co_await b;
  co_return left + right;
}
long blocking_fib(troupe::task_context& context, long n) {
  if (n < 2) return n;
  auto client = context.client();
  auto a = client.submit<blocking_fib>(n - 1);
  auto b = client.submit<blocking_fib>(n - 2);
  return a.get() + b.get();
}
int deep(troupe::task_context& context, int depth) {
  if (depth == 0) return 0;
  auto below = context.client().submit<deep>(depth - 1);
  return below.get() + 1;
}
troupe::task<int> sum_of_map(troupe::task_context& context, int n) {
  auto client = context.client();
  auto futures = client.map<inc>(std::views::iota(0, n));
  std::vector<int> values = co_await troupe::gather(futures);
  co_return std::accumulate(values.begin(), values.end(), 0);
}
troupe::task<bool> same_pool(troupe::task_context& context) {
  auto* before = troupe::executor::current();
  auto f = context.client().submit<inc>(1);
  co_await f;
  bool same = before == troupe::executor::current();
  co_await troupe::sleep_for(std::chrono::milliseconds(1));
  co_return same&& before == troupe::executor::current();
}
troupe::task<int> with_scope(troupe::task_context& context) {
  int total = 0;
  troupe::scope scope;
  auto client = context.client();
  auto one = [](troupe::client c, int x, int& into) -> troupe::task<void> {
    auto f = c.submit<inc>(x);
    into += co_await f;
  };
  for (int i = 0; i < 3; ++i) scope.spawn(one(client, i, total));
  co_await scope.join();
  co_return total;
}

}  // namespace

TEST_CASE("many coroutine tasks wait on a single thread, which is free meanwhile") {
  gate begun;
  troupe::promise<int> answer;
  auto awaited = answer.get_future();
  stage on;
  std::vector<future<int>> waiting;
  for (int i = 0; i < 1000; ++i) waiting.push_back(on.client.submit<wait_for>(&begun, &awaited));
  begun.wait_for(1000);
  auto between = on.client.submit<inc>(1);
  CHECK(between.get() == 2);
  answer.set_value(5);
  for (auto const& f : waiting) CHECK(f.get() == 5);
}

TEST_CASE("tasks that block give their thread to others, also on a worker of one thread") {
  gate begun;
  troupe::promise<int> answer;
  auto awaited = answer.get_future();
  stage on;
  std::vector<future<int>> waiting;
  for (int i = 0; i < 20; ++i) waiting.push_back(on.client.submit<block_for>(&begun, &awaited));
  begun.wait_for(20);
  auto between = on.client.submit<inc>(1);
  CHECK(between.get() == 2);
  answer.set_value(5);
  for (auto const& f : waiting) CHECK(f.get() == 5);
}

TEST_CASE("tasks submit tasks and await them") {
  stage on(2, 1);
  auto f = on.client.submit<fib>(12);
  CHECK(f.get() == 144);
  f = {};
  troupe::test::until_empty(on.client);
}

TEST_CASE("tasks submit tasks and block for them on one thread") {
  stage on;
  auto f = on.client.submit<blocking_fib>(9);
  CHECK(f.get() == 34);
  auto d = on.client.submit<deep>(100);
  CHECK(d.get() == 100);
}

TEST_CASE("a task may map and gather") {
  stage on(2, 2);
  auto f = on.client.submit<sum_of_map>(1000);
  CHECK(f.get() == 500'500);
}

TEST_CASE("a coroutine task goes on where it began, on its worker's pool") {
  stage on;
  auto f = on.client.submit<same_pool>();
  CHECK(f.get());
}

TEST_CASE("a scope in a task runs its children on the worker") {
  stage on;
  auto f = on.client.submit<with_scope>();
  CHECK(f.get() == 6);
}

TEST_CASE("what tasks submit is released with the futures that they hold") {
  stage on(2, 1);
  auto f = on.client.submit<sum_of_map>(500);
  CHECK(f.get() == 125'250);
  troupe::test::eventually([&] { return on.client.cluster_info().get().tasks == 1; });
}
