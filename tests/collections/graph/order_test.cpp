#include <troupe/collections/graph/order.hpp>
#include <troupe/futures/errors.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace {

using troupe::detail::dependency_table;
using troupe::detail::static_order;

using calls = std::vector<std::uint32_t>;

/// A graph while it is written down.
struct drawing {
  std::uint32_t add(calls const& needs) {
    table.needs.insert(table.needs.end(), needs.begin(), needs.end());
    table.first.push_back(std::uint32_t(table.needs.size()));
    return table.size() - 1;
  }
  calls add_many(std::uint32_t count, calls const& needs = {}) {
    calls added;
    for (std::uint32_t i = 0; i < count; ++i) added.push_back(add(needs));
    return added;
  }
  calls add_each(calls const& of) {
    calls added;
    for (auto call : of) added.push_back(add({call}));
    return added;
  }
  calls add_each(calls const& of, std::uint32_t and_of) {
    calls added;
    for (auto call : of) added.push_back(add({call, and_of}));
    return added;
  }
  /// Level by level, as somebody writes it who thinks of nothing.
  std::uint32_t reduce(calls level) {
    while (level.size() > 1) {
      calls above;
      for (std::size_t i = 0; i < level.size(); i += 2)
        above.push_back(i + 1 < level.size() ? add({level[i], level[i + 1]}) : level[i]);
      level = above;
    }
    return level.front();
  }

  dependency_table table;
};

calls users_of(dependency_table const& table) {
  calls users(table.size(), 0);
  for (auto need : table.needs) ++users[need];
  return users;
}

bool is_order_of(dependency_table const& table, calls const& order) {
  std::vector<bool> done(table.size(), false);
  for (auto call : order) {
    if (call >= table.size() || done[call]) return false;
    for (auto need : table.of(call))
      if (!done[need]) return false;
    done[call] = true;
  }
  return order.size() == table.size();
}

/// The most results that are held at a time, what nobody takes being held to the end.
std::uint32_t peak(dependency_table const& table, calls const& order) {
  auto left = users_of(table);
  std::uint32_t held = 0, most = 0;
  for (auto call : order) {
    ++held;
    for (auto need : table.of(call)) held -= --left[need] == 0;
    most = std::max(most, held);
  }
  return most;
}

/// Whatever is ready, in the order in which it became so.
calls breadth_first(dependency_table const& table) {
  std::vector<calls> users(table.size());
  calls missing, order;
  for (std::uint32_t call = 0; call < table.size(); ++call) {
    for (auto need : table.of(call)) users[need].push_back(call);
    missing.push_back(std::uint32_t(table.of(call).size()));
    if (missing.back() == 0) order.push_back(call);
  }
  for (std::size_t at = 0; at < order.size(); ++at)
    for (auto user : users[order[at]])
      if (--missing[user] == 0) order.push_back(user);
  return order;
}

/// Checked for what is true of all orders; gives the peak.
std::uint32_t checked_peak(drawing const& g) {
  auto order = static_order(g.table);
  REQUIRE(is_order_of(g.table, order));
  CHECK(static_order(g.table) == order);
  auto here = peak(g.table, order);
  CHECK(here <= peak(g.table, breadth_first(g.table)));
  return here;
}

calls identity(std::uint32_t n) {
  calls order(n);
  std::iota(order.begin(), order.end(), 0u);
  return order;
}

}  // namespace

TEST_CASE("nothing is in order") { CHECK(static_order({}).empty()); }

TEST_CASE("a chain of a million calls is followed, without recursion") {
  drawing g;
  auto last = g.add({});
  while (g.table.size() < 1'000'000) last = g.add({last});
  CHECK(static_order(g.table) == identity(g.table.size()));
}

TEST_CASE("a chain is followed from its beginning, wherever that was written down") {
  drawing g;
  for (std::uint32_t i = 0; i < 100; ++i) g.add({i + 1});
  g.add({});
  auto order = static_order(g.table);
  std::reverse(order.begin(), order.end());
  CHECK(order == identity(101));
}

TEST_CASE("a binary reduction holds as many results as it is deep, and one") {
  auto depth = GENERATE(1u, 2u, 5u, 10u);
  drawing g;
  g.reduce(g.add_many(1u << depth));
  CHECK(checked_peak(g) <= depth + 1);
}

TEST_CASE("a reduction of chains holds no more than one of calls") {
  drawing g;
  auto level = g.add_many(256);
  for (int i = 0; i < 4; ++i) level = g.add_each(level);
  g.reduce(level);
  CHECK(checked_peak(g) <= 9);
}

TEST_CASE("a lopsided tree begins with its heavy side") {
  drawing g;
  auto light = g.add({});
  auto heavy = g.reduce(g.add_many(64));
  g.add({light, heavy});
  CHECK(checked_peak(g) <= 7);
}

TEST_CASE("independent chains are run one after the other") {
  drawing g;
  auto level = g.add_many(50);
  for (int i = 0; i < 9; ++i) level = g.add_each(level);
  auto order = static_order(g.table);
  REQUIRE(is_order_of(g.table, order));
  for (std::size_t i = 0; i < order.size(); ++i) CHECK(order[i] == i % 10 * 50 + i / 10);
  CHECK(checked_peak(g) == 50);
}

TEST_CASE("layers that all depend on all are run layer by layer") {
  drawing g;
  auto level = g.add_many(10);
  for (int i = 0; i < 4; ++i) level = g.add_many(10, level);
  CHECK(checked_peak(g) <= 20);
}

TEST_CASE("a diamond holds its two sides and no more") {
  drawing g;
  auto top = g.add({});
  auto left = g.add({top}), right = g.add({top});
  g.add({left, right});
  CHECK(checked_peak(g) == 2);
}

TEST_CASE("two passes over the same data, the mean and what is left without it") {
  drawing g;
  auto data = g.add_many(64);
  auto mean = g.reduce(g.add_each(data));
  g.reduce(g.add_each(g.add_each(data, mean)));
  // The data, and besides it what a reduction needs.
  CHECK(checked_peak(g) <= 64 + 8);
}

TEST_CASE("what only the second pass can use is not made in the first") {
  drawing g;
  auto data = g.add_many(32);
  auto mean = g.reduce(g.add_each(data));
  auto one = g.add_each(g.add_each(data), mean), other = g.add_each(g.add_each(data), mean);
  calls both;
  for (std::size_t i = 0; i < one.size(); ++i) both.push_back(g.add({one[i], other[i]}));
  g.reduce(both);
  CHECK(checked_peak(g) <= 32 + 9);
  CHECK(peak(g.table, breadth_first(g.table)) >= 3 * 32);
}

TEST_CASE("two reductions of the same data go through it together") {
  drawing g;
  auto data = g.add_many(128);
  auto one = g.reduce(g.add_each(data)), other = g.reduce(g.add_each(data));
  g.add({one, other});
  // Each needs its depth.
  CHECK(checked_peak(g) <= 2 * 8 + 2);
}

TEST_CASE("many users of one small thing do not wait for each other") {
  drawing g;
  auto handle = g.add({});
  g.reduce(g.add_each(g.add_many(256, {handle})));
  CHECK(checked_peak(g) <= 10);
}

TEST_CASE("a stencil is run in strips across its steps, which wait for no whole row") {
  auto stencil = [](drawing& g, std::uint32_t columns, int steps) {
    auto row = g.add_many(columns);
    for (int step = 0; step < steps; ++step) {
      calls above;
      for (std::uint32_t c = 0; c < columns; ++c) {
        calls needs;
        for (auto from = c > 0 ? c - 1 : 0; from <= std::min(c + 1, columns - 1); ++from) needs.push_back(row[from]);
        above.push_back(g.add(needs));
      }
      row = above;
    }
    g.reduce(row);
  };
  drawing wide, tall;
  stencil(wide, 256, 5);
  CHECK(checked_peak(wide) <= 256 / 4);
  stencil(tall, 16, 100);
  auto order = static_order(tall.table);
  CHECK(is_order_of(tall.table, order));
  CHECK(peak(tall.table, order) <= 2 * 16);
}

TEST_CASE("the last user of a result runs at once, unless somebody asked for the result") {
  drawing g;
  auto shared = g.add({});
  auto user = g.add({shared});
  auto other = g.add({});
  auto first = g.add({user, other});
  auto last_user = g.add({shared});
  CHECK(static_order(g.table) == calls{shared, user, last_user, other, first});
  CHECK(static_order(g.table, calls{shared, first, last_user}) == calls{shared, user, other, first, last_user});
}

TEST_CASE("every order of any graph is one, and always the same") {
  std::mt19937 random(20);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same graphs each time
  for (int round = 0; round < 300; ++round) {
    auto n = 1 + random() % 120;
    // Numbers of calls say nothing about who needs whom.
    calls number = identity(std::uint32_t(n));
    std::shuffle(number.begin(), number.end(), random);
    std::vector<calls> needs(n);
    for (std::uint32_t i = 1; i < n; ++i) {
      for (auto k = random() % 4; k > 0; --k) needs[number[i]].push_back(number[random() % i]);
      auto& list = needs[number[i]];
      std::sort(list.begin(), list.end());
      list.erase(std::unique(list.begin(), list.end()), list.end());
    }
    drawing g;
    for (auto const& each : needs) g.add(each);
    auto order = static_order(g.table);
    INFO("round " << round);
    REQUIRE(is_order_of(g.table, order));
    REQUIRE(static_order(g.table) == order);
  }
}

TEST_CASE("calls in a circle have no order") {
  drawing g;
  g.add({1});
  g.add({0});
  CHECK_THROWS_AS(static_order(g.table), troupe::error);
}
