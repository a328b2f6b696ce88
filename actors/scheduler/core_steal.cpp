#include <troupe/actors/scheduler/internal/state.hpp>

#include <algorithm>
#include <tuple>
#include <vector>

namespace troupe::detail {

bool scheduler_core::state::uneven() const {
  if (surplus == 0 || !ready.empty() || open.empty()) return false;
  auto const& idle = open.least_loaded();
  return idle.assigned < idle.nthreads;
}

/// A confirmed hand-off: workers are asked to give tasks back, and those that were not begun come back like any task
/// that did not run and are placed anew. Nothing runs twice, and a task that has begun stays.
void scheduler_core::state::steal() {
  if (!uneven() || now < next_steal) return;
  std::uint32_t wanted = 0;
  std::vector<worker_record*> full;
  std::vector<worker_record const*> idle{&open.least_loaded()};
  for (auto const& worker : workers) {
    if (!worker) continue;
    if (worker->assigned < worker->nthreads && !worker->retiring && !worker->paused) {
      wanted += worker->nthreads - worker->assigned;
      if (worker.get() != idle.front()) idle.push_back(worker.get());
    }
    if (worker->assigned > worker->nthreads) full.push_back(worker.get());
  }
  std::sort(full.begin(), full.end(),
            [](auto* a, auto* b) { return std::tie(a->load_per_thread, a->id) > std::tie(b->load_per_thread, b->id); });
  auto before = wanted;
  for (auto* victim : full) {
    wanted -= recall_from(*victim, idle, wanted);
    if (wanted == 0) break;
  }
  // What cannot be moved may stay uneven for long.
  steal_pause = wanted < before ? options.steal_interval : std::min(2 * steal_pause, 128 * options.steal_interval);
  next_steal = time_after(now, steal_pause);
}

/// At most so many of its tasks, the last it was given first, those left out that fill its threads, each for the first
/// of the idle that may run it, which most likely gets it. Says how many.
std::uint32_t scheduler_core::state::recall_from(worker_record& victim, std::vector<worker_record const*> const& idle,
                                                 std::uint32_t most) {
  auto threads = static_cast<double>(victim.nthreads);
  auto ahead = static_cast<double>(victim.load);
  std::uint32_t recalled = 0;
  auto waiting = victim.assigned - victim.nthreads;
  for (auto task = victim.last_task; task != none && waiting > 0 && recalled < most; task = tasks[task].prev) {
    auto const& record = tasks[task];
    if (record.suspended || given_ahead(record)) continue;
    --waiting;
    ahead -= static_cast<double>(record.expected_run);
    auto to = std::find_if(idle.begin(), idle.end(), [&](auto const* w) { return may_run_on(record, *w); });
    if (to == idle.end()) continue;
    // It may begin while it is asked for.
    auto on_the_way = std::max(victim.round_trip, 0.0) + transfer_cost(**to, record);
    if (ahead / threads > on_the_way && recall(task)) ++recalled;
  }
  return recalled;
}

/// False where it has to stay.
bool scheduler_core::state::recall(std::uint32_t task) {
  auto& record = tasks[task];
  if (record.state != task_stage::processing || record.suspended || record.abandoned || record.recalled) return false;
  if (record.bound || record.uses_up) return false;
  if (record.constrained && !demands[extras[record.extras].demand].of_function_only()) return false;
  record.recalled = true;
  emit(by_scheduler::stop_task{{record.worker}, {id_of(task), record.attempt, true}});
  return true;
}

void scheduler_core::state::on(to_scheduler::pause& e) {
  auto* worker = find(e.worker);
  if (!worker || worker->paused == e.on) return;
  worker->paused = e.on;
  workers_to_fill.push_back(worker->id);
  load_changed(*worker);
  if (e.on) recall_all(*worker);
}

void scheduler_core::state::recall_all(worker_record const& worker) {
  for (auto task = worker.first_task; task != none; task = tasks[task].next) recall(task);
}

}  // namespace troupe::detail
