#include "figures.hpp"
#include "roles.hpp"
#include "sample_values.hpp"
#include "tcp_cluster.hpp"

#include <troupe/actors/cluster/internal/member.hpp>
#include <troupe/actors/remote/internal/remote_scheduler.hpp>
#include <troupe/actors/runtime/runtime.hpp>
#include <troupe/actors/worker/internal/worker_actor.hpp>
#include <troupe/collections/graph/compute.hpp>
#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/wait.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>

namespace troupe::bench {

std::int64_t never_run(std::int64_t x) { return x; }
std::int64_t never_run_on_two(std::int64_t a, std::int64_t b) { return a + b; }
std::int64_t never_run_on_all(std::vector<std::int64_t> const& values) {
  return static_cast<std::int64_t>(values.size());
}

namespace {

using namespace troupe::detail;

/// Says of everything it is given that it is done, and of what that takes from elsewhere that it has a copy.
class zero_worker final : public worker_actor {
 public:
  explicit zero_worker(actor_ref<scheduler_actor> scheduler) : scheduler_(std::move(scheduler)) {}

  void on(worker_welcome welcome) override { id_ = welcome.id; }
  void on(compute_batch&& batch) override {
    worker_news news;
    news.worker = id_;
    for (auto const& order : batch.orders) {
      for (auto const& dep : order.deps)
        if (std::find(dep.holders.begin(), dep.holders.begin() + dep.holder_count, id_) ==
            dep.holders.begin() + dep.holder_count)
          news.report.replicas.push_back({dep.task, dep.nbytes});
      news.report.done.push_back({order.task, order.attempt, sizeof(std::int64_t), now(), now()});
    }
    news.values.resize(news.report.done.size());
    scheduler_.send(std::move(news));
  }
  void on(stop_batch&&) override {}
  void on(free_batch&&) override {}
  void on(actor_calls&&) override {}
  void on(stop_calls&&) override {}
  void on(dismiss const&) override { quit(); }
  [[nodiscard]] task<upload_state> on(give_upload&&) override { co_return upload_state{}; }
  [[nodiscard]] task<plugin_taken> on(give_plugin&&) override { co_return plugin_taken{}; }
  [[nodiscard]] task<std::vector<value_ptr>> on(get_values const& request) override {
    co_return std::vector<value_ptr>(request.tasks.size());
  }
  [[nodiscard]] task<void> on(finish_up) override { co_return; }

 private:
  actor_ref<scheduler_actor> scheduler_;
  worker_id id_;
};

using futures = std::vector<future<std::int64_t>>;

futures submit_leaves(client const& c, std::size_t count) { return c.map<never_run>(first_numbers(count)); }

/// What everything ends in. 100,000 tasks and one.
futures submit_merge(client const& c) { return {c.submit<never_run_on_all>(submit_leaves(c, 100'000))}; }

/// A tree over 32,768 leaves.
futures submit_tree(client const& c) {
  auto level = submit_leaves(c, std::size_t{1} << 15);
  while (level.size() > 1) {
    futures above;
    for (std::size_t i = 0; i + 1 < level.size(); i += 2)
      above.push_back(c.submit<never_run_on_two>(level[i], level[i + 1]));
    level = std::move(above);
  }
  return level;
}

using nodes = std::vector<graph_node<std::int64_t>>;

/// Four become one, level by level; one that is left over goes on as it is.
graph_node<std::int64_t> draw_reduction(graph& g, nodes level) {
  constexpr std::size_t most = 4;
  while (level.size() > 1) {
    nodes above;
    for (std::size_t i = 0; i < level.size(); i += most) {
      auto group = std::span(level).subspan(i, std::min(most, level.size() - i));
      above.push_back(group.size() == 1 ? group.front() : g.call<never_run_on_all>(nodes(group.begin(), group.end())));
    }
    level = std::move(above);
  }
  return level.front();
}

constexpr std::size_t tasks_of_numpy = 19'334;

/// What sum((x + x.T)[::2, n / 2:].mean(axis=1)) becomes where x, n times n, has 100 times 100 chunks: numpy-50K-100 of
/// Böhm and Beránek, "Runtime vs Scheduler: Analyzing Dask's Overheads" (WORKS 2020), with as many tasks and inputs.
futures submit_numpy(client const& c) {
  constexpr std::size_t chunks = 100, half = chunks / 2;
  graph g;
  nodes x(chunks * chunks);
  for (std::size_t row = 0; row < chunks; ++row)
    for (std::size_t column = 0; column < chunks; ++column)
      if (std::max(row, column) >= half)
        x[row * chunks + column] = g.call<never_run>(static_cast<std::int64_t>(row * chunks + column));
  nodes means;
  for (std::size_t row = 0; row < chunks; ++row) {
    nodes sums;
    for (std::size_t column = half; column < chunks; ++column) {
      auto chunk = x[row * chunks + column];
      auto y = row == column ? g.call<never_run>(chunk) : g.call<never_run_on_two>(chunk, x[column * chunks + row]);
      sums.push_back(g.call<never_run>(y));
    }
    means.push_back(g.call<never_run>(draw_reduction(g, std::move(sums))));
  }
  auto total = draw_reduction(g, std::move(means));
  require(g.size() == tasks_of_numpy, "the calls of the graph");
  return {c.compute(g, total)};
}

constexpr std::size_t partitions = 100, tasks_of_shuffle = partitions * (partitions + 3);

/// Each of the partitions is made, split, and taken apart into as many pieces; each of the new ones takes its piece of
/// all.
futures submit_shuffle(client const& c) {
  graph g;
  std::vector<nodes> pieces(partitions);
  for (std::size_t from = 0; from < partitions; ++from) {
    auto split = g.call<never_run>(g.call<never_run>(static_cast<std::int64_t>(from)));
    for (std::size_t to = 0; to < partitions; ++to)
      pieces[to].push_back(g.call<never_run_on_two>(split, static_cast<std::int64_t>(to)));
  }
  nodes joined;
  for (auto const& piece : pieces) joined.push_back(g.call<never_run_on_all>(piece));
  require(g.size() == tasks_of_shuffle, "the calls of the graph");
  return c.compute(g, joined);
}

/// The CPU time of the scheduler's process alone, per task.
sample run(tcp_cluster const& cluster, futures (*submit)(client const&), std::size_t tasks) {
  auto costs = cluster.costs();
  auto begin = std::chrono::steady_clock::now();
  auto ends = submit(cluster.client());
  block_on(wait(ends));
  require(std::ranges::none_of(ends, [](auto const& end) { return end.failed(); }), "what everything ends in");
  ends.clear();
  cluster.settle();
  auto wall = seconds_since(begin);
  sample s;
  costs.add_costs(s, tasks);
  auto of_scheduler = std::find_if(s.more.begin(), s.more.end(), [](auto& m) { return m.first == "cpu_us_scheduler"; });
  require(of_scheduler != s.more.end(), "the scheduler's costs");
  s.value = of_scheduler->second;
  s.more.emplace_back("wall_us", wall / static_cast<double>(tasks) / us);
  return s;
}

std::vector<contender> with_workers(std::size_t workers, futures (*submit)(client const&), std::size_t tasks) {
  return {on_tcp_cluster([=](tcp_cluster const& cluster) { return run(cluster, submit, tasks); }, {workers, 1, true})};
}

std::vector<contender> merge_with(std::size_t workers) { return with_workers(workers, submit_merge, 100'001); }

}  // namespace

int play_zero_workers(std::string address, std::size_t count) {
  runtime loops;
  auto& loop = loops.loop(0);
  for (std::size_t i = 0; i < count; ++i) {
    auto link = connect_link(loop, full_address(address), introduce(link_role::worker), {}).get();
    auto scheduler = loop.spawn<remote_scheduler>(std::move(link), introduce(link_role::peer));
    auto worker = loop.spawn<zero_worker>(actor_ref<scheduler_actor>(scheduler));
    worker_info info;
    info.name = "zero-" + std::to_string(i);
    info.threads = 1;
    scheduler.send(attach_worker{worker, std::move(info), {}, {}});
  }
  std::puts("started");
  std::fflush(stdout);
  while (std::getchar() != EOF) continue;
  return 0;
}

std::vector<figure> zero_worker_figures() {
  return {
      {"zero-worker-tcp", "us",
       "CPU time of the scheduler's process per task: 100,000 tasks and one that takes all of them, over TCP, with two "
       "workers that answer at once and run nothing",
       9, [] { return merge_with(2); }},
      {"zero-worker-tcp-24", "us", "the same with 24 such workers, each with a link of its own", 5,
       [] { return merge_with(24); }},
      {"zero-worker-tcp-168", "us", "the same with 168", 5, [] { return merge_with(168); }},
      {"zero-worker-tcp-1000", "us", "the same with 1,000", 5, [] { return merge_with(1'000); }},
      {"zero-worker-tree-15", "us", "the same for a tree over 32,768 leaves, two workers", 9,
       [] { return with_workers(2, submit_tree, 65'535); }},
      {"zero-worker-numpy", "us",
       "the same for the 19,334 tasks of sum((x + x.T)[::2, n / 2:].mean(axis=1)) in 100 times 100 chunks, one graph",
       9, [] { return with_workers(2, submit_numpy, tasks_of_numpy); }},
      {"zero-worker-shuffle", "us", "the same for a shuffle of 100 partitions into 100, 10,300 tasks, one graph", 9,
       [] { return with_workers(2, submit_shuffle, tasks_of_shuffle); }},
  };
}

}  // namespace troupe::bench
