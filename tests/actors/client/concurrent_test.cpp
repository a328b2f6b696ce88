#include "support/stage.hpp"

#include <troupe/futures/promise.hpp>
#include <troupe/net/codec/codec.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

namespace {

using troupe::future;
using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::stage;
using troupe::test::until_empty;

int inc(int x) { return x + 1; }
int add(int a, int b) { return a + b; }
int sum(std::vector<int> const& xs) { return std::accumulate(xs.begin(), xs.end(), 0); }
int fail(int x) { throw std::runtime_error(std::to_string(x)); }

/// Runs `body(number)` on several threads at once; true when none threw.
template <class Body>
bool all_at_once(int threads, Body const& body) {
  std::atomic<int> fine = 0;
  {
    std::vector<std::jthread> running;
    for (int t = 0; t < threads; ++t)
      running.emplace_back([&, t] {
        body(t);
        ++fine;
      });
  }
  return fine == threads;
}

}  // namespace

TEST_CASE("many threads submit through one client") {
  stage on(2, 2);
  std::atomic<long> total = 0;
  CHECK(all_at_once(4, [&](int t) {
    std::vector<future<int>> futures;
    for (int i = 0; i < 500; ++i) futures.push_back(on.client.submit<add>(t, i));
    for (auto const& f : futures) total += f.get();
  }));
  CHECK(total == 4 * (500L * 499 / 2) + 500 * (0 + 1 + 2 + 3));
  until_empty(on.client);
}

TEST_CASE("many threads map, chain and reduce at once") {
  stage on(2, 2);
  std::atomic<long> total = 0;
  CHECK(all_at_once(3, [&](int t) {
    for (int round = 0; round < 10; ++round) {
      auto first = on.client.map<inc>(std::views::iota(0, 50));
      auto second = on.client.map<add>(std::move(first), t);
      auto reduced = on.client.submit<sum>(second);
      second.clear();
      total += reduced.get();
    }
  }));
  CHECK(total == 10 * (3 * 1275 + 50 * (0 + 1 + 2)));
  until_empty(on.client);
}

TEST_CASE("copies of one future are used by many threads") {
  gate g;
  stage on(1, 2);
  for (int round = 0; round < 50; ++round) {
    auto f = on.client.submit<inc>(round);
    std::atomic<long> total = 0, calls = 0;
    CHECK(all_at_once(4, [&, f](int t) {
      auto mine = f;
      mine.on_done([&](future<int> const& done) {
        total += done.get();
        ++calls;
      });
      auto next = on.client.submit<add>(mine, t);
      total += mine.get();
      static_cast<void>(mine.status());
      static_cast<void>(mine.key());
      mine = {};
      total += next.get();
    }));
    troupe::test::eventually([&] { return calls == 4; });
    CHECK(total == 12 * (round + 1) + 6);
  }
  until_empty(on.client);
}

TEST_CASE("some threads cancel what others wait for and depend on") {
  stage on(2, 1);
  CHECK(all_at_once(3, [&](int t) {
    for (int round = 0; round < 200; ++round) {
      auto f = on.client.submit<inc>(t);
      std::jthread other([f] { f.cancel(); });
      auto below = on.client.submit<inc>(f);
      for (auto const& each : {f, below}) {
        try {
          int value = each.get();
          if (value != t + 1 && value != t + 2) throw std::logic_error("wrong value");
        } catch (troupe::cancelled_error const&) {
          static_cast<void>(each.error());
        }
      }
    }
  }));
  until_empty(on.client);
}

TEST_CASE("values cross between workers in all directions") {
  stage on(4, 1);
  std::vector<future<std::string>> layer;
  for (int i = 0; i < 32; ++i)
    layer.push_back(on.client.submit([](int x) { return std::string(100, static_cast<char>('a' + x % 26)); }, i));
  auto merge = [](std::string const& a, std::string const& b) { return a.substr(0, 50) + b.substr(50); };
  for (int round = 0; round < 40; ++round) {
    std::vector<future<std::string>> next;
    for (std::size_t i = 0; i < layer.size(); ++i)
      next.push_back(on.client.submit(merge, layer[i], layer[(i * 7 + 3) % layer.size()]));
    layer = std::move(next);
  }
  for (auto const& f : layer) CHECK(f.get().size() == 100);
  layer.clear();
  until_empty(on.client);
}

TEST_CASE("futures are dropped in every state, by any thread") {
  stage on(2, 1);
  CHECK(all_at_once(3, [&](int) {
    for (int round = 0; round < 500; ++round) {
      auto f = on.client.submit<inc>(round);
      auto bad = on.client.submit<fail>(round);
      auto below = on.client.submit<add>(f, bad);
      if (round % 3 == 0) f = {};
      if (round % 7 == 0) troupe::test::until_done(below);
      if (round % 11 == 0) f.valid() ? static_cast<void>(f.get()) : static_cast<void>(bad.status());
    }
  }));
  until_empty(on.client);
}

TEST_CASE("sessions come and go while others work") {
  stage on(1, 2);
  CHECK(all_at_once(3, [&](int t) {
    for (int round = 0; round < 50; ++round) {
      auto c = on.cluster.connect("guest");
      auto kept = c.submit<inc>(t);
      auto dropped = c.submit<inc>(kept);
      if (kept.get() != t + 1) throw std::logic_error("wrong value");
      c.close();
    }
  }));
  until_empty(on.client);
}

TEST_CASE("one key is submitted by many threads at once and runs at least once") {
  stage on(2, 1);
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> runs = 0;
    auto count = [](troupe::test::pointer_to<std::atomic<int>> r) { return ++**r; };
    auto keyed = on.client.with(troupe::task_options{}.key("key " + std::to_string(round)));
    auto kept = keyed.submit(count, &runs);
    CHECK(all_at_once(3, [&](int) {
      auto f = keyed.submit(count, &runs);
      if (f.get() != 1) throw std::logic_error("run again");
    }));
    CHECK(runs == 1);
  }
}
