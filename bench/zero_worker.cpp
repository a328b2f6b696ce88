#include "figures.hpp"
#include "roles.hpp"
#include "sample_values.hpp"
#include "tcp_cluster.hpp"

#include <troupe/actors/cluster/internal/member.hpp>
#include <troupe/actors/remote/internal/remote_scheduler.hpp>
#include <troupe/actors/runtime/runtime.hpp>
#include <troupe/actors/worker/internal/worker_actor.hpp>
#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/wait.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
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

/// The CPU time of the scheduler's process alone, per task.
template <class Submit>
sample run(tcp_cluster const& cluster, Submit submit, std::size_t tasks) {
  auto costs = cluster.costs();
  auto begin = std::chrono::steady_clock::now();
  block_on(wait(submit(cluster.client())));
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

std::vector<contender> merge_with(std::size_t workers) {
  return {on_tcp_cluster([](tcp_cluster const& cluster) { return run(cluster, submit_merge, 100'001); },
                         {workers, 1, true})};
}

std::vector<contender> tree_with(std::size_t workers) {
  return {
      on_tcp_cluster([](tcp_cluster const& cluster) { return run(cluster, submit_tree, 65'535); }, {workers, 1, true})};
}

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
       [] { return tree_with(2); }},
  };
}

}  // namespace troupe::bench
