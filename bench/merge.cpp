#include "figures.hpp"
#include "pipeline_floor.hpp"
#include "sample_values.hpp"
#include "tcp_cluster.hpp"

#include <troupe/collections/graph/compute.hpp>
#include <troupe/futures/gather.hpp>
#include <troupe/futures/run_loop.hpp>

#include <cstdint>
#include <memory>
#include <numeric>

namespace troupe::bench {

std::int64_t times_ten(std::int64_t x) { return x * 10; }
std::int64_t sum_of(std::vector<std::int64_t> const& values) {
  return std::accumulate(values.begin(), values.end(), std::int64_t{0});
}

namespace {

constexpr std::size_t leaves = 100'000;

enum class style : std::uint8_t { map, submits };

std::vector<future<std::int64_t>> submit_leaves(client const& c, style how, std::size_t count) {
  auto arguments = first_numbers(count);
  if (how == style::map) return c.map<times_ten>(arguments);
  std::vector<future<std::int64_t>> futures;
  futures.reserve(count);
  for (auto x : arguments) futures.push_back(c.submit<times_ten>(x));
  return futures;
}

std::int64_t sum_of_leaves(std::size_t count) {
  auto n = static_cast<std::int64_t>(count);
  return 10 * (n * (n - 1) / 2);
}

/// Its time ends with the result; its costs include that everything is released.
sample run_merge(tcp_cluster const& cluster, style how, std::size_t count) {
  auto costs = cluster.costs();
  auto begin = std::chrono::steady_clock::now();
  auto futures = submit_leaves(cluster.client(), how, count);
  auto submitted = seconds_since(begin);
  auto sum = cluster.client().submit<sum_of>(futures).get();
  sample s;
  s.value = seconds_since(begin) / static_cast<double>(count + 1) / us;
  require(sum == sum_of_leaves(count), "sum of the merge");
  futures.clear();
  cluster.settle();
  costs.add_costs(s, count + 1);
  s.more.emplace_back("call_us", submitted / static_cast<double>(count) / us);
  return s;
}

graph_node<std::int64_t> draw_merge(graph& g) {
  std::vector<graph_node<std::int64_t>> drawn;
  drawn.reserve(leaves);
  for (auto x : first_numbers(leaves)) drawn.push_back(g.call<times_ten>(x));
  return g.call<sum_of>(drawn);
}

/// Its time begins before the graph is drawn.
sample run_graph_merge(tcp_cluster const& cluster) {
  auto costs = cluster.costs();
  sample s;
  {
    auto begin = std::chrono::steady_clock::now();
    graph g;
    auto merge = draw_merge(g);
    auto drawn = seconds_since(begin);
    auto result = cluster.client().compute(g, merge);
    auto handed_over = seconds_since(begin);
    auto sum = result.get();
    s.value = seconds_since(begin) / (leaves + 1) / us;
    require(g.size() == leaves + 1 && sum == sum_of_leaves(leaves), "sum of the merge");
    s.more = {{"draw_us", drawn / (leaves + 1) / us}, {"call_us", (handed_over - drawn) / (leaves + 1) / us}};
  }
  cluster.settle();
  costs.add_costs(s, leaves + 1);
  return s;
}

/// Without the task that takes them all: what the leaves alone cost, their results at the client included.
sample run_map_and_gather(tcp_cluster const& cluster) {
  auto costs = cluster.costs();
  auto begin = std::chrono::steady_clock::now();
  auto results = block_on(gather(submit_leaves(cluster.client(), style::map, leaves)));
  sample s;
  s.value = seconds_since(begin) / leaves / us;
  require(results.size() == leaves && results.back() == std::int64_t{10} * (leaves - 1), "results of the map");
  cluster.settle();
  costs.add_costs(s, leaves);
  return s;
}

contender floor(std::string name, std::size_t batch, std::size_t count = leaves) {
  return {std::move(name), [=, links = std::make_shared<pipeline_floor>(1024, batch)] { return links->run(count); }};
}

contender ours(style how, std::size_t count = leaves) {
  return on_tcp_cluster([=](tcp_cluster const& cluster) { return run_merge(cluster, how, count); });
}

}  // namespace

std::vector<figure> merge_figures() {
  return {
      {"merge-tcp-map", "us",
       "100,000 tasks from one map call and one that takes all their results, per task; client, scheduler and two "
       "workers are processes",
       9, [] { return std::vector{ours(style::map), floor("pipeline-floor", 256)}; }},
      {"merge-tcp-submit", "us", "the same with single submits in a loop", 9,
       [] {
         return std::vector{ours(style::submits), floor("pipeline-floor", 256),
                            floor("pipeline-floor, a write for each submit", 1)};
       }},
      {"merge-tcp-graph", "us", "the same as one graph, which is drawn and handed over whole", 9,
       [] { return std::vector{on_tcp_cluster(run_graph_merge), floor("pipeline-floor", 256)}; }},
      {"merge-tcp-map-1m", "us", "merge-tcp-map with a million tasks", 5,
       [] { return std::vector{ours(style::map, 1'000'000), floor("pipeline-floor", 256, 1'000'000)}; }},
      {"map-tcp", "us", "100,000 tasks from one map call and gather, per task, on the same cluster", 9,
       [] { return std::vector{on_tcp_cluster(run_map_and_gather), floor("pipeline-floor", 256)}; }},
  };
}

}  // namespace troupe::bench
