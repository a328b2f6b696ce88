#include <troupe/actors/scheduler/core.hpp>
#include <troupe/actors/worker/core.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>
#include <utility>
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
    for (std::uint32_t i = 0; i < workers; ++i) handle(to_scheduler::add_worker{now_, i + 2, name_of(i), 1, 0});
  }

  static std::string name_of(std::uint32_t worker) { return "w" + std::to_string(worker); }

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
      } else if (auto* finished = std::get_if<by_scheduler::task_finished>(&action)) {
        finished_ = finished->task;
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

  void replicate_last_result() {
    for (std::uint32_t i = 0; i < reports_.size(); ++i) {
      worker_report report;
      report.replicas.push_back({finished_, 8});
      handle(to_scheduler::report{now_, {i}, std::move(report)});
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
  task_id finished_;
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

submitted_task& add_task(to_scheduler::submit& to, std::uint32_t index) {
  auto& task = to.tasks.emplace_back();
  task.ref = {index, 1};
  task.payload = {index + 1};
  return task;
}

/// Seconds for each task, all of which take one value that every worker has.
double with_common_input(std::uint32_t workers) {
  driver scheduler(workers);
  to_scheduler::submit first{{}, {0}, {}};
  add_task(first, 0);
  scheduler.handle(first);
  scheduler.work(1);
  scheduler.replicate_last_result();
  auto before = scheduler.spent();
  constexpr std::uint32_t tasks = 50'000;
  to_scheduler::submit all{{}, {0}, {}};
  for (std::uint32_t i = 1; i <= tasks; ++i) add_task(all, i).deps.push_back({{0, 1}});
  scheduler.handle(std::move(all));
  scheduler.work(1);
  return (scheduler.spent() - before) / tasks;
}

/// Seconds for each report, where each worker has a queue of tasks that may run nowhere else.
double with_own_queues(std::uint32_t workers) {
  driver scheduler(workers);
  to_scheduler::submit all{{}, {0}, {}};
  constexpr std::uint32_t queued = 10;
  for (std::uint32_t i = 0; i < queued * workers; ++i) add_task(all, i).only_on.push_back(driver::name_of(i % workers));
  scheduler.handle(std::move(all));
  auto before = scheduler.spent();
  scheduler.work(1);
  return (scheduler.spent() - before) / (queued * workers);
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

TEST_CASE("what a task costs whose input is everywhere does not grow with the workers", "[.bench]") {
  auto few = with_common_input(24), many = with_common_input(1000);
  std::printf("%-32s %6.1f and %6.1f ns a task\n", "common input, 24, 1000 workers", few * 1e9, many * 1e9);
  CHECK(many <= 2 * few);
}

TEST_CASE("what a report costs does not grow with the workers that have queues of their own", "[.bench]") {
  auto few = with_own_queues(24), many = with_own_queues(1000);
  std::printf("%-32s %6.1f and %6.1f ns a report\n", "own queues, 24, 1000 workers", few * 1e9, many * 1e9);
  CHECK(many <= 2 * few);
}

TEST_CASE("a worker that holds nothing leaves at once, however many results others hold", "[.bench]") {
  driver scheduler(2);
  scheduler.handle(to_scheduler::retire{{}, {1}, true});
  to_scheduler::submit all{{}, {0}, {}};
  for (std::uint32_t i = 0; i < 1'000'000; ++i) add_task(all, i);
  scheduler.handle(std::move(all));
  scheduler.work(1000);
  auto before = scheduler.spent();
  scheduler.handle(to_scheduler::remove_worker{{}, {1}});
  auto took = scheduler.spent() - before;
  std::printf("%-32s %6.1f us\n", "to leave others' 1M results", took * 1e6);
  CHECK(took < 100e-6);
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
