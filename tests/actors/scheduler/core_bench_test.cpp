#include <troupe/actors/scheduler/core.hpp>
#include <troupe/actors/worker/core.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <vector>

/// CPU time of the cores alone: hidden, run with `test_scheduler [.bench]`.

namespace {

using namespace troupe;
using namespace troupe::detail;

double cpu_seconds() {
  std::timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// The scheduler core between a client and workers that need no time.
class driver {
 public:
  explicit driver(std::uint32_t workers) : reports_(workers) {
    handle(to_scheduler::add_client{now_, 1, "client"});
    for (std::uint32_t i = 0; i < workers; ++i) handle(to_scheduler::add_worker{now_, i + 2, "worker", 1, 0});
  }

  void handle(scheduler_event event) {
    actions_.clear();
    auto begin = cpu_seconds();
    core_.handle(std::move(event), actions_);
    spent_ += cpu_seconds() - begin;
    for (auto& action : actions_) {
      if (auto* compute = std::get_if<by_scheduler::compute>(&action)) {
        auto& order = compute->order;
        reports_[compute->worker.value].done.push_back({order.task, order.attempt, 0, now_, now_});
        ++outstanding_;
      }
    }
  }

  /// Reports of at most `batch` tasks each until nothing runs.
  void work(std::size_t batch) {
    while (outstanding_ > 0) {
      for (std::uint32_t i = 0; i < reports_.size(); ++i) {
        auto& done = reports_[i].done;
        if (done.empty()) continue;
        auto n = std::min(batch, done.size());
        worker_report report;
        report.done.assign(done.begin(), done.begin() + static_cast<std::ptrdiff_t>(n));
        done.erase(done.begin(), done.begin() + static_cast<std::ptrdiff_t>(n));
        outstanding_ -= n;
        handle(to_scheduler::report{now_, {i}, std::move(report)});
      }
    }
  }

  [[nodiscard]] double spent() const { return spent_; }
  [[nodiscard]] scheduler_core const& core() const { return core_; }

 private:
  time_point now_{};
  scheduler_core core_;
  std::vector<scheduler_action> actions_;
  std::vector<worker_report> reports_;
  std::size_t outstanding_ = 0;
  double spent_ = 0;
};

void submit_and_release(driver& scheduler, std::uint32_t tasks, std::uint32_t generation, bool merge) {
  constexpr std::uint32_t batch = 1000;
  for (std::uint32_t first = 0; first < tasks; first += batch) {
    to_scheduler::submit submit;
    submit.client = {0};
    for (auto i = first; i < first + batch; ++i) {
      auto& task = submit.tasks.emplace_back();
      task.ref = {i, generation};
      task.payload = {std::uint64_t{generation} << 32 | (i + 1)};
    }
    scheduler.handle(std::move(submit));
  }
  if (merge) {
    to_scheduler::submit submit;
    submit.client = {0};
    auto& task = submit.tasks.emplace_back();
    task.ref = {tasks, generation};
    task.payload = {std::uint64_t{generation} << 32 | (tasks + 1)};
    for (std::uint32_t i = 0; i < tasks; ++i) task.deps.push_back({{i, generation}, false});
    scheduler.handle(std::move(submit));
  }
  scheduler.work(batch);
  for (std::uint32_t first = 0; first < tasks + (merge ? 1 : 0); first += batch) {
    to_scheduler::release release;
    release.client = {0};
    for (auto i = first; i < first + batch && i < tasks + (merge ? 1 : 0); ++i) release.refs.push_back({i, generation});
    scheduler.handle(std::move(release));
  }
}

void measure(char const* name, std::uint32_t workers, std::uint32_t tasks, bool merge) {
  driver scheduler(workers);
  constexpr std::uint32_t rounds = 8;
  submit_and_release(scheduler, tasks, 1, merge);
  auto cold = scheduler.spent();
  for (std::uint32_t round = 2; round < 2 + rounds; ++round) submit_and_release(scheduler, tasks, round, merge);
  CHECK(scheduler.core().statistics().tasks == 0);
  std::printf("%-32s %6.1f ns a task, first time %6.1f ns\n", name, (scheduler.spent() - cold) / rounds / tasks * 1e9,
              cold / tasks * 1e9);
}

}  // namespace

TEST_CASE("the scheduler core's CPU time per task", "[.bench]") {
  measure("1k independent, 2 workers", 2, 1000, false);
  measure("100k independent, 2 workers", 2, 100'000, false);
  measure("100k independent, 24 workers", 24, 100'000, false);
  measure("100k independent, 1000 workers", 1000, 100'000, false);
  measure("merge-100k, 2 workers", 2, 100'000, true);
  measure("merge-100k, 24 workers", 24, 100'000, true);
}

TEST_CASE("the worker core's CPU time per task", "[.bench]") {
  worker_core core({0});
  std::vector<worker_action> actions;
  double spent = 0;
  auto handle = [&](worker_event event) {
    actions.clear();
    auto begin = cpu_seconds();
    core.handle(std::move(event), actions);
    spent += cpu_seconds() - begin;
  };
  constexpr std::uint32_t batch = 1000;
  constexpr std::uint32_t rounds = 200;
  std::uint64_t attempt = 0;
  for (std::uint32_t round = 1; round <= rounds; ++round) {
    to_worker::compute compute;
    to_worker::executed executed;
    to_worker::free_data free;
    for (std::uint32_t i = 0; i < batch; ++i) {
      compute_order order;
      order.task = {i, round};
      order.attempt = {++attempt};
      order.payload = {attempt};
      executed_item item;
      item.task = order.task;
      item.attempt = order.attempt;
      free.tasks.push_back(order.task);
      executed.items.push_back(item);
      compute.orders.push_back(std::move(order));
    }
    handle(std::move(compute));
    handle(std::move(executed));
    handle(std::move(free));
  }
  CHECK(core.statistics().stored == 0);
  std::printf("%-32s %6.1f ns a task\n", "worker core, batches of 1000", spent / rounds / batch * 1e9);
}
