#include "allocation_count.hpp"
#include "figures.hpp"
#include "test_cluster.hpp"

#include <troupe/collections/graph/compute.hpp>
#include <troupe/collections/graph/order.hpp>

#include <cstdint>
#include <memory>
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

std::vector<contender> order_of(detail::dependency_table (*draw)()) {
  auto calls = std::make_shared<detail::dependency_table>(draw());
  return {{"", [calls] {
             meter m;
             auto order = detail::static_order(*calls);
             auto s = m.per(calls->size(), ns);
             require(order.size() == calls->size() && order.front() < calls->size(), "an order of all calls");
             return s;
           }}};
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

std::vector<figure> graph_figures() {
  return {
      {"order-1m", "ns", "the static order of a binary reduction of 1,048,575 calls, per call", 9,
       [] { return order_of([] { return reduction(1U << 19); }); }},
      {"order-1m-stencil", "ns", "the same of 1,000 rows of 1,000 calls, each of which needs its neighbours before", 9,
       [] { return order_of([] { return stencil(1'000, 1'000); }); }},
      {"graph-build", "ns", "1,048,575 calls are added to a graph, per call", 5, build},
      {"graph-compute", "us",
       "a binary reduction of 131,071 empty calls is computed by a client, per call, one worker with two threads", 9,
       compute},
  };
}

}  // namespace troupe::bench
