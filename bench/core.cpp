#include "figures.hpp"

#include <troupe/actors/scheduler/core.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <variant>

namespace troupe::bench {
namespace {

using namespace troupe::detail;

constexpr std::uint32_t leaves = 100'000, batch = 1'000;

/// The scheduler core between a client and workers that need no time.
class driver {
 public:
  explicit driver(std::uint32_t workers) : reports_(workers) {
    handle(to_scheduler::add_client{now_, 1, "client"});
    for (std::uint32_t i = 0; i < workers; ++i) handle(to_scheduler::add_worker{now_, i + 2, "worker", 1, 0});
  }

  void submit_leaves(std::uint32_t first, std::uint32_t generation) {
    to_scheduler::submit submit;
    submit.client = {0};
    for (auto i = first; i < first + batch; ++i) add_task(submit, i, generation);
    handle(std::move(submit));
  }
  void submit_merge(std::uint32_t generation) {
    to_scheduler::submit submit;
    submit.client = {0};
    auto& merge = add_task(submit, leaves, generation);
    for (std::uint32_t i = 0; i < leaves; ++i) merge.deps.push_back({{i, generation}, false});
    handle(std::move(submit));
  }
  /// Lets the workers report, at most a batch at a time, until nothing runs.
  void work() {
    while (running_ > 0)
      for (std::uint32_t i = 0; i < reports_.size(); ++i) report(i);
  }
  void release(std::uint32_t first, std::uint32_t count, std::uint32_t generation) {
    to_scheduler::release release;
    release.client = {0};
    for (auto i = first; i < first + count; ++i) release.refs.push_back({i, generation});
    handle(std::move(release));
  }

  [[nodiscard]] std::size_t finished() const { return finished_; }
  [[nodiscard]] std::size_t known() const { return core_.statistics().tasks; }

 private:
  static submitted_task& add_task(to_scheduler::submit& to, std::uint32_t index, std::uint32_t generation) {
    auto& task = to.tasks.emplace_back();
    task.ref = {index, generation};
    task.payload = {std::uint64_t{generation} << 32 | (index + 1)};
    return task;
  }

  void report(std::uint32_t worker) {
    auto& done = reports_[worker];
    if (done.empty()) return;
    auto n = static_cast<std::ptrdiff_t>(std::min<std::size_t>(batch, done.size()));
    worker_report report;
    report.done.assign(done.begin(), done.begin() + n);
    done.erase(done.begin(), done.begin() + n);
    running_ -= static_cast<std::size_t>(n);
    handle(to_scheduler::report{now_, {worker}, std::move(report)});
  }

  void handle(scheduler_event event) {
    actions_.clear();
    core_.handle(std::move(event), actions_);
    for (auto& action : actions_) {
      if (auto* compute = std::get_if<by_scheduler::compute>(&action)) {
        reports_[compute->worker.value].push_back({compute->order.task, compute->order.attempt, 0, now_, now_});
        ++running_;
      }
      finished_ += std::holds_alternative<by_scheduler::task_finished>(action);
    }
  }

  time_point now_{};
  scheduler_core core_;
  std::vector<scheduler_action> actions_;
  std::vector<std::vector<done_item>> reports_;
  std::size_t running_ = 0;
  std::size_t finished_ = 0;
};

sample run_merge(driver& scheduler, std::uint32_t generation) {
  auto before = scheduler.finished();
  meter m;
  for (std::uint32_t first = 0; first < leaves; first += batch) scheduler.submit_leaves(first, generation);
  scheduler.submit_merge(generation);
  scheduler.work();
  for (std::uint32_t first = 0; first < leaves; first += batch) scheduler.release(first, batch, generation);
  scheduler.release(leaves, 1, generation);
  auto s = m.per(leaves + 1, ns);
  require(scheduler.finished() - before == leaves + 1 && scheduler.known() == 0, "tasks finished and released");
  return s;
}

std::vector<contender> merge_with(std::uint32_t workers) {
  auto scheduler = std::make_shared<driver>(workers);
  auto generation = std::make_shared<std::uint32_t>(0);
  return {{"", [=] { return run_merge(*scheduler, ++*generation); }}};
}

/// How much more a task costs where there are more workers.
std::vector<contender> growth(std::uint32_t from, std::uint32_t to) {
  auto few = merge_with(from).front(), many = merge_with(to).front();
  return {{"", [=] {
             auto of_few = few.run(), of_many = many.run();
             sample s;
             s.value = of_many.value / of_few.value;
             s.more = {{"few_ns", of_few.value}, {"many_ns", of_many.value}};
             return s;
           }}};
}

}  // namespace

std::vector<figure> core_figures() {
  return {
      {"workers-24-to-1000", "ratio", "time per task of core-merge with 1,000 workers over that with 24", 9,
       [] { return growth(24, 1'000); }},
      {"core-merge", "ns", "scheduler core alone: 100,000 tasks and one that takes all of them, 2 workers, per task", 9,
       [] { return merge_with(2); }},
      {"core-merge-1000", "ns", "the same with 1,000 workers", 9, [] { return merge_with(1'000); }},
  };
}

}  // namespace troupe::bench
