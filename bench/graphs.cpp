#include "allocation_count.hpp"
#include "figures.hpp"
#include "test_cluster.hpp"

#include <troupe/collections/graph/compute.hpp>
#include <troupe/collections/graph/order.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troupe::bench {
namespace {

int leaf(int x) { return x; }
int add(int a, int b) { return a + b; }

/// Leaves first, then sums of two, level by level. `leaves`: a power of two.
detail::dependency_table reduction(std::uint32_t leaves) {
  detail::dependency_table calls;
  calls.first.resize(std::size_t{leaves} + 1, 0);
  for (std::uint32_t below = 0; calls.size() < 2 * leaves - 1; below += 2) {
    calls.needs.push_back(below);
    calls.needs.push_back(below + 1);
    calls.first.push_back(std::uint32_t(calls.needs.size()));
  }
  return calls;
}

/// Each call needs its neighbours in the row before.
detail::dependency_table stencil(std::uint32_t columns, std::uint32_t rows) {
  detail::dependency_table calls;
  calls.first.resize(std::size_t{columns} + 1, 0);
  for (std::uint32_t call = columns; call < columns * rows; ++call) {
    auto const column = call % columns, above = call - columns;
    if (column > 0) calls.needs.push_back(above - 1);
    calls.needs.push_back(above);
    if (column + 1 < columns) calls.needs.push_back(above + 1);
    calls.first.push_back(std::uint32_t(calls.needs.size()));
  }
  return calls;
}

/// Each call needs all of the row before.
detail::dependency_table full_layers(std::uint32_t columns, std::uint32_t rows) {
  detail::dependency_table calls;
  for (std::uint32_t call = 0; call < columns * rows; ++call) {
    auto const row = call - call % columns;
    for (auto before = row >= columns ? row - columns : row; before < row; ++before) calls.needs.push_back(before);
    calls.first.push_back(std::uint32_t(calls.needs.size()));
  }
  return calls;
}

/// Whether each call comes once, after what it needs.
bool is_order_of(detail::dependency_table const& calls, std::vector<std::uint32_t> const& order) {
  std::vector<char> came(calls.size(), 0);
  for (auto call : order) {
    if (call >= calls.size() || came[call]) return false;
    for (auto needed : calls.of(call))
      if (!came[needed]) return false;
    came[call] = 1;
  }
  return order.size() == calls.size();
}

std::vector<contender> order_of(detail::dependency_table drawn) {
  auto calls = std::make_shared<detail::dependency_table>(std::move(drawn));
  return {{"", [calls] {
             meter m;
             auto order = detail::static_order(*calls);
             auto s = m.per(calls->size(), ns);
             require(is_order_of(*calls, order), "an order of all calls");
             return s;
           }}};
}

figure order_of_layers(std::uint32_t columns, std::uint32_t rows, std::string what) {
  return {"order-layers-" + std::to_string(columns) + "x" + std::to_string(rows), "ns", std::move(what), 9,
          [=] { return order_of(full_layers(columns, rows)); }};
}

graph_node<int> draw_reduction(graph& g, int leaves) {
  std::vector<graph_node<int>> level;
  level.reserve(std::size_t(leaves));
  for (int i = 0; i < leaves; ++i) level.push_back(g.call<leaf>(i));
  for (; level.size() > 1; level.resize(level.size() / 2))
    for (std::size_t i = 0; i < level.size() / 2; ++i) level[i] = g.call<add>(level[2 * i], level[2 * i + 1]);
  return level.front();
}

std::vector<contender> build() {
  constexpr int leaves = 1 << 19;
  return {{"", [] {
             allocation_count counted;
             meter m;
             graph g;
             auto root = draw_reduction(g, leaves);
             auto s = m.per(g.size(), ns);
             require(root.valid() && g.size() == 2 * leaves - 1, "the nodes of the graph");
             s.more = {{"allocations", double(counted.so_far()) / double(g.size())}};
             return s;
           }}};
}

std::vector<contender> compute() {
  constexpr int leaves = 1 << 16;
  auto cluster = std::make_shared<test_cluster>();
  auto g = std::make_shared<graph>();
  auto root = draw_reduction(*g, leaves);
  return {{"", [=] {
             auto const tasks = double(g->size());
             allocation_count counted;
             meter m;
             auto begin = std::chrono::steady_clock::now();
             auto total = cluster->client.compute(*g, root);
             auto call = seconds_since(begin);
             require(total.get() == leaves / 2 * (leaves - 1), "the sum of the leaves");
             auto s = m.per(g->size(), us);
             s.more = {{"call_us", call / us / tasks}, {"allocations", double(counted.so_far()) / tasks}};
             return s;
           }}};
}

}  // namespace

std::vector<figure> order_figures() {
  return {
      order_of_layers(100, 20, "the static order of 20 rows of 100 calls, each of which needs all before, per call"),
      order_of_layers(1, 50'000, "the same of 50,000 rows of one"),
      order_of_layers(2, 10'000, "the same of 10,000 rows of two"),
      order_of_layers(10, 1'000, "the same of 1,000 rows of ten"),
      order_of_layers(500, 2, "the same of two rows of 500"),
      order_of_layers(9'999, 1, "the same of one row of 9,999"),
      order_of_layers(50'000, 1, "the same of one row of 50,000"),
  };
}

std::vector<figure> graph_figures() {
  return {
      {"order-1m", "ns", "the static order of a binary reduction of 1,048,575 calls, per call", 9,
       [] { return order_of(reduction(1U << 19)); }},
      {"order-1m-stencil", "ns", "the same of 1,000 rows of 1,000 calls, each of which needs its neighbours before", 9,
       [] { return order_of(stencil(1'000, 1'000)); }},
      {"graph-build", "ns", "1,048,575 calls are added to a graph, per call", 5, build},
      {"graph-compute", "us",
       "a binary reduction of 131,071 empty calls is computed by a client, per call, one worker with two threads", 9,
       compute},
  };
}

}  // namespace troupe::bench
