#include "figures.hpp"
#include "tcp_cluster.hpp"

#include <troupe/actors/cluster/process/memory.hpp>
#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/wait.hpp>

#include <cstdint>
#include <map>
#include <ranges>
#include <string>

namespace troupe::bench {

std::int64_t held_task(std::int64_t x) { return x; }
std::int64_t held_sum(std::int64_t a, std::int64_t b) { return a + b; }

namespace {

constexpr std::int64_t held = 1'000'000;

using numbers = std::vector<future<std::int64_t>>;

/// Resident bytes of each process.
std::map<std::string, double> resident(tcp_cluster const& cluster) {
  std::map<std::string, double> of;
  for (auto const& [name, pid] : cluster.processes()) {
    auto bytes = detail::resident_memory(pid);
    require(bytes.has_value(), "the resident memory of a process");
    of[name] = static_cast<double>(*bytes);
  }
  return of;
}

/// A million tasks that take nothing of others.
numbers make_leaves(client const& c) { return c.map<held_task>(std::views::iota(std::int64_t{0}, held)); }

/// A million that take two of a thousand values each.
numbers make_sums(client const& c) {
  constexpr std::int64_t values = 1'000;
  auto leaves = c.map<held_task>(std::views::iota(std::int64_t{0}, values));
  auto taken = [&](std::int64_t step) {
    return std::views::iota(std::int64_t{0}, held) |
           std::views::transform([&leaves, step](std::int64_t i) { return leaves[std::size_t((i + step) % values)]; });
  };
  return c.map<held_sum>(taken(0), taken(1));
}

std::map<std::string, double> fill_and_release(tcp_cluster const& cluster, numbers (*make)(client const&)) {
  std::map<std::string, double> full;
  {
    auto futures = make(cluster.client());
    block_on(wait(futures));
    full = resident(cluster);
    require(futures.size() == held && !futures.back().failed(), "tasks that are held");
  }
  cluster.settle();
  return full;
}

/// A cluster of its own each time: memory that is kept for the next tasks would not be seen to grow.
sample run(numbers (*make)(client const&)) {
  tcp_cluster cluster;
  static_cast<void>(cluster.client().submit<held_task>(1).get());
  auto costs = cluster.costs();
  auto before = resident(cluster);
  auto first = fill_and_release(cluster, make);
  auto last = first;
  for (int i = 0; i < 2; ++i) last = fill_and_release(cluster, make);
  auto after = resident(cluster);
  sample s;
  s.value = (first["scheduler"] - before["scheduler"]) / held;
  costs.add_costs(s, 3 * held);
  for (auto const& [name, bytes] : first)
    if (name != "scheduler") s.more.emplace_back("bytes_" + name, (bytes - before[name]) / held);
  s.more.emplace_back("growth_after_3_cycles", last["scheduler"] / first["scheduler"] - 1);
  s.more.emplace_back("released_share",
                      (last["scheduler"] - after["scheduler"]) / (last["scheduler"] - before["scheduler"]));
  return s;
}

contender of(numbers (*make)(client const&)) {
  return {"", [make] { return run(make); }};
}

}  // namespace

std::vector<figure> scheduler_memory_figures() {
  return {{"scheduler-bytes-per-task", "B",
           "resident memory of the scheduler's process per task, a million done and held; and its growth when they are "
           "released and made again twice",
           3, [] { return std::vector{of(make_leaves)}; }},
          {"scheduler-bytes-per-task-of-2", "B", "the same for tasks each of which takes two of a thousand values", 3,
           [] { return std::vector{of(make_sums)}; }}};
}

}  // namespace troupe::bench
