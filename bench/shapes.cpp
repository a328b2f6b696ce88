#include "figures.hpp"
#include "process_costs.hpp"
#include "sample_values.hpp"
#include "tcp_cluster.hpp"

#include <troupe/futures/gather.hpp>
#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/wait.hpp>

#include <cstdint>
#include <numeric>
#include <utility>

namespace troupe::bench {

std::int64_t leaf_of(std::int64_t x) { return x; }
std::int64_t sum_of_two(std::int64_t a, std::int64_t b) { return a + b; }
std::int64_t link_of(std::int64_t x) { return x + 1; }
std::int64_t see_root(std::vector<double> const& root, std::int64_t x) {
  return x + static_cast<std::int64_t>(root.size());
}
std::int64_t mix_of(std::vector<std::int64_t> const& all, std::int64_t column) {
  return (std::accumulate(all.begin(), all.end(), std::int64_t{0}) + column) % 1'000'003;
}

namespace {

constexpr std::size_t tree_leaves = std::size_t{1} << 15;
constexpr std::size_t chain_links = 1'000;

sample run_tree(tcp_cluster const& cluster) {
  auto const& c = cluster.client();
  auto arguments = first_numbers(tree_leaves);
  auto costs = cluster.costs();
  auto begin = std::chrono::steady_clock::now();
  auto level = c.map<leaf_of>(arguments);
  while (level.size() > 1) {
    std::vector<future<std::int64_t>> above;
    for (std::size_t i = 0; i + 1 < level.size(); i += 2) above.push_back(c.submit<sum_of_two>(level[i], level[i + 1]));
    level = std::move(above);
  }
  auto sum = level.front().get();
  sample s;
  constexpr auto tasks = 2 * tree_leaves - 1;
  s.value = seconds_since(begin) / static_cast<double>(tasks) / us;
  constexpr std::int64_t n = tree_leaves;
  require(sum == n * (n - 1) / 2, "sum of the tree");
  level.clear();
  cluster.settle();
  costs.add_costs(s, tasks);
  return s;
}

sample run_chain(tcp_cluster const& cluster) {
  auto costs = cluster.costs();
  auto begin = std::chrono::steady_clock::now();
  auto last = cluster.client().submit<link_of>(0);
  for (std::size_t i = 1; i < chain_links; ++i) last = cluster.client().submit<link_of>(last);
  auto result = last.get();
  sample s;
  s.value = seconds_since(begin) / static_cast<double>(chain_links) / us;
  require(result == static_cast<std::int64_t>(chain_links), "end of the chain");
  last = {};
  cluster.settle();
  costs.add_costs(s, chain_links);
  return s;
}

sample run_chains(tcp_cluster const& cluster) {
  constexpr std::size_t chains = 100, length = 11;
  auto const& c = cluster.client();
  auto costs = cluster.costs();
  auto begin = std::chrono::steady_clock::now();
  auto row = c.map<link_of>(first_numbers(chains));
  for (std::size_t i = 1; i < length; ++i) row = c.map<link_of>(row);
  auto ends = block_on(gather(std::move(row)));
  sample s;
  s.value = seconds_since(begin) / static_cast<double>(chains * length) / us;
  for (std::size_t i = 0; i < chains; ++i)
    require(ends[i] == static_cast<std::int64_t>(i + length), "ends of the chains");
  cluster.settle();
  costs.add_costs(s, chains * length);
  return s;
}

constexpr std::size_t fans = 10'000, root_bytes = std::size_t{1} << 20;

/// Wall time per task; and what went over the loopback interface.
std::pair<sample, double> fan_out(tcp_cluster const& cluster, std::size_t bytes) {
  auto const& c = cluster.client();
  auto root = c.submit<make_vector>(bytes, 1);
  block_on(wait(std::vector{root}));
  auto moved = loopback_bytes();
  auto costs = cluster.costs();
  auto begin = std::chrono::steady_clock::now();
  auto seen = block_on(gather(c.map<see_root>(root, first_numbers(fans))));
  sample s;
  s.value = seconds_since(begin) / fans / us;
  auto all = static_cast<double>(loopback_bytes() - moved);
  for (std::size_t i = 0; i < fans; ++i)
    require(seen[i] == static_cast<std::int64_t>(i + bytes / sizeof(double)), "what the tasks saw of the root");
  root = {};
  cluster.settle();
  costs.add_costs(s, fans);
  return {std::move(s), all};
}

/// How often the root was moved: what it adds to the bytes of the same tasks with a small one.
sample run_fan_out(tcp_cluster const& cluster) {
  auto with_small = fan_out(cluster, sizeof(double)).second;
  auto [s, bytes] = fan_out(cluster, root_bytes);
  s.more.emplace_back("root_moved", (bytes - with_small) / root_bytes);
  return std::move(s);
}

/// Rows of 100 tasks each of which takes all of the row before.
sample run_all_to_all(tcp_cluster const& cluster, std::size_t rows) {
  constexpr std::size_t width = 100;
  auto const& c = cluster.client();
  auto columns = first_numbers(width);
  auto costs = cluster.costs();
  auto begin = std::chrono::steady_clock::now();
  auto row = c.map<leaf_of>(columns);
  for (std::size_t i = 1; i < rows; ++i) {
    std::vector<future<std::int64_t>> next;
    for (auto column : columns) next.push_back(c.submit<mix_of>(row, column));
    row = std::move(next);
  }
  auto last = block_on(gather(std::move(row)));
  sample s;
  s.value = seconds_since(begin) / static_cast<double>(width * rows) / us;
  auto expected = columns;
  for (std::size_t i = 1; i < rows; ++i) {
    auto before = expected;
    for (std::size_t column = 0; column < width; ++column) expected[column] = mix_of(before, columns[column]);
  }
  require(last == expected, "the last row");
  cluster.settle();
  costs.add_costs(s, width * rows);
  return s;
}

std::vector<contender> all_to_all(std::size_t rows) {
  return {on_tcp_cluster([=](tcp_cluster const& cluster) { return run_all_to_all(cluster, rows); })};
}

}  // namespace

std::vector<figure> shape_figures() {
  return {
      {"tree-15", "us", "a tree of sums over 32,768 leaves, per task, over TCP, two workers", 9,
       [] { return std::vector{on_tcp_cluster(run_tree)}; }},
      {"chain", "us", "1,000 tasks each of which takes the one before, per link, over TCP, two workers", 9,
       [] { return std::vector{on_tcp_cluster(run_chain)}; }},
      {"chains-100x11", "us", "100 chains of 11 tasks, row by row, per task, over TCP, two workers", 9,
       [] { return std::vector{on_tcp_cluster(run_chains)}; }},
      {"fan-out-1MiB", "us",
       "10,000 tasks that all take one value of 1 MiB, per task, and how often that was moved, over TCP, two workers",
       9, [] { return std::vector{on_tcp_cluster(run_fan_out)}; }},
      {"all-to-all-100x10", "us",
       "10 rows of 100 tasks, each of which takes all of the row before, per task, over TCP, two workers", 9,
       [] { return all_to_all(10); }},
      {"all-to-all-100x100", "us", "the same with 100 rows", 5, [] { return all_to_all(100); }},
  };
}

}  // namespace troupe::bench
