#include <troupe/actors/scheduler/internal/state.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <limits>
#include <tuple>
#include <utility>

/// A task that runs for much longer than its function usually does gets a second attempt on a worker that has nothing
/// to do, if it was submitted as one that may. The first result counts. The record of the task has the attempt that
/// counts; the other one is in a table beside, which is empty unless there are second attempts.

namespace troupe::detail {

namespace {
auto const sooner_on_top = [](watched_attempt const& a, watched_attempt const& b) {
  return std::tie(a.at, a.attempt) > std::tie(b.at, b.attempt);
};

duration to_duration(double time) {
  return std::chrono::duration_cast<duration>(std::chrono::nanoseconds(static_cast<std::int64_t>(time)));
}
}  // namespace

void scheduler_core::state::watch(std::uint32_t task) {
  auto const& record = tasks[task];
  auto const& worker = *workers[record.worker];
  double ahead = transfer_cost(worker, record);
  if (worker.assigned > worker.nthreads)
    ahead += (static_cast<double>(worker.load) - static_cast<double>(record.expected_run)) / worker.nthreads;
  watched_attempt entry{{}, record.attempt, task, time_after(now, to_duration(ahead))};
  entry.at = too_late(entry);
  put_watched(entry);
}

bool scheduler_core::state::stale(watched_attempt const& entry) const {
  auto const& task = tasks[entry.task];
  if (!task.in_use || task.state != task_stage::processing || task.attempt != entry.attempt) return true;
  // One that waits for what it has submitted is not slow.
  bool waits = task.suspended || (task.extras != none && extras[task.extras].first_child != none);
  return task.doubled || task.abandoned || waits;
}

time_point scheduler_core::state::too_late(watched_attempt const& entry) const {
  auto const& task = tasks[entry.task];
  auto const known = task.function.value < functions.size() ? functions[task.function.value] : function_record{};
  if (known.runs < options.straggler_samples) return time_after(now, options.straggler_patience);
  auto begins = task.waiting_on > 0 ? now : entry.begins;
  auto often = time_after(begins, to_duration(options.straggler_factor * known.mean_run));
  return std::max(often, time_after(time_after(begins, to_duration(known.mean_run)), options.straggler_patience));
}

void scheduler_core::state::put_watched(watched_attempt const& entry) {
  watched.push_back(entry);
  std::push_heap(watched.begin(), watched.end(), sooner_on_top);
}

watched_attempt scheduler_core::state::take_watched() {
  std::pop_heap(watched.begin(), watched.end(), sooner_on_top);
  auto entry = watched.back();
  watched.pop_back();
  return entry;
}

time_point scheduler_core::state::next_watched() {
  while (!watched.empty() && stale(watched.front())) static_cast<void>(take_watched());
  return watched.empty() ? time_point::max() : watched.front().at;
}

void scheduler_core::state::speculate() {
  if (watched.empty() && too_slow.empty()) return;
  while (next_watched() <= now) {
    auto entry = take_watched();
    entry.at = too_late(entry);
    if (entry.at > now)
      put_watched(entry);
    else
      too_slow.push_back(entry);
  }
  std::erase_if(too_slow, [this](watched_attempt const& entry) { return stale(entry); });
  if (too_slow.empty() || !ready.empty()) return;
  std::vector<worker_record*> idle;
  for (auto const& worker : workers)
    if (worker && worker->heap_position != none && worker->assigned < worker->nthreads) idle.push_back(worker.get());
  if (idle.empty()) return;
  std::erase_if(too_slow, [&](watched_attempt const& entry) { return start_second(entry.task, idle); });
}

bool scheduler_core::state::may_run_on(task_record const& task, worker_record const& worker) const {
  if (worker.id == task.worker) return false;
  if (task.bound) {
    auto const& allowed = extras[task.extras].workers;
    if (std::find(allowed.begin(), allowed.end(), worker_id{worker.id}) == allowed.end()) return false;
  }
  if (!task.constrained) return worker.can_run(task.function);
  auto const& wanted = demands[extras[task.extras].demand];
  return wanted.is_met_by(worker) && has_free(worker, wanted);
}

bool scheduler_core::state::start_second(std::uint32_t task, std::vector<worker_record*> const& idle) {
  auto& record = tasks[task];
  for (auto e = record.first_dep; e != none; e = edges[e].next_dep)
    if (edges[e].dep != none && tasks[edges[e].dep].state != task_stage::memory) return false;
  worker_record* best = nullptr;
  for (auto* worker : idle) {
    if (worker->assigned >= worker->nthreads || !may_run_on(record, *worker)) continue;
    if (!best || worker->load_per_thread < best->load_per_thread) best = worker;
  }
  if (!best) return false;

  attempt_id const attempt{++attempts};
  if (record.attempt_number != std::numeric_limits<std::uint16_t>::max()) ++record.attempt_number;
  record.doubled = true;
  auto& own = extras_of(record);
  own.second = attempt;
  auto& second = others[attempt.value];
  second.task = id_of(task);
  second.worker = best->id;
  second.expected_run = static_cast<float>(expected_run(record.function));
  second.expected_nbytes = static_cast<float>(expected_nbytes(record.function));
  if (record.constrained) second.shares = take_shares(demands[own.demand], *best);
  add_load(*best, second);
  ++best->tasks;
  send_order(task, *best, attempt).resources = second.shares;
  load_changed(*best);
  ++stats.second_attempts;
  return true;
}

scheduler_core::state::other_attempts::iterator scheduler_core::state::find_other(attempt_id attempt,
                                                                                  worker_record const& worker) {
  if (others.empty()) return others.end();
  auto found = others.find(attempt.value);
  return found == others.end() || found->second.worker != worker.id ? others.end() : found;
}

std::uint32_t scheduler_core::state::end_other(other_attempts::iterator at) {
  auto& ended = at->second;
  auto& worker = *workers[ended.worker];
  if (!ended.suspended) remove_load(worker, ended);
  --worker.tasks;
  give_shares_back(ended.shares, worker);
  if (ended.stray_copy) free_at(worker, ended.task);
  auto task = ended.given_up ? none : find(ended.task);
  others.erase(at);
  if (task == none) return none;
  tasks[task].doubled = false;
  extras[tasks[task].extras].second = {};
  return task;
}

std::uint32_t scheduler_core::state::end_other(attempt_id attempt, worker_record const& worker) {
  auto at = find_other(attempt, worker);
  return at == others.end() ? none : end_other(at);
}

void scheduler_core::state::suspend_other(attempt_id attempt, worker_record& worker) {
  auto at = find_other(attempt, worker);
  if (at == others.end() || std::exchange(at->second.suspended, true)) return;
  remove_load(worker, at->second);
}

std::uint32_t scheduler_core::state::overtake(task_id task, attempt_id attempt, worker_record const& worker) {
  auto at = find_other(attempt, worker);
  if (at == others.end()) return none;
  if (at->second.given_up) return end_other(at);
  auto index = find(task);
  swap_with_second(index);
  ++stats.overtaken;
  return index;
}

void scheduler_core::state::swap_with_second(std::uint32_t task) {
  auto& record = tasks[task];
  auto& own = extras[record.extras];
  unlist(task, *workers[record.worker]);
  auto entry = others.extract(own.second.value);
  auto& other = entry.mapped();
  std::swap(record.worker, other.worker);
  std::swap(record.expected_run, other.expected_run);
  std::swap(record.expected_nbytes, other.expected_nbytes);
  std::swap(own.shares, other.shares);
  record.suspended = std::exchange(other.suspended, bool{record.suspended});
  record.stray_copy = std::exchange(other.stray_copy, bool{record.stray_copy});
  record.recalled = false;
  std::swap(record.attempt, own.second);
  entry.key() = own.second.value;
  others.insert(std::move(entry));
  list(task, *workers[record.worker]);
}

bool scheduler_core::state::promote_second(std::uint32_t task) {
  auto& record = tasks[task];
  if (!record.doubled) return false;
  auto& own = extras[record.extras];
  record.doubled = false;
  record.attempt = std::exchange(own.second, {});
  auto entry = others.extract(record.attempt.value);
  auto& other = entry.mapped();
  record.worker = other.worker;
  record.expected_run = other.expected_run;
  record.expected_nbytes = other.expected_nbytes;
  record.suspended = other.suspended;
  record.stray_copy = other.stray_copy;
  own.shares = std::move(other.shares);
  list(task, *workers[record.worker]);
  watch(task);
  return true;
}

void scheduler_core::state::give_up_second(std::uint32_t task) {
  auto& record = tasks[task];
  record.doubled = false;
  auto attempt = std::exchange(extras[record.extras].second, {});
  auto& other = others.at(attempt.value);
  other.given_up = true;
  emit(by_scheduler::stop_task{{other.worker}, {id_of(task), attempt, false}});
}

void scheduler_core::state::lose_others_on(worker_record const& worker) {
  for (auto at = others.begin(); at != others.end();) {
    auto next = std::next(at);
    if (at->second.worker == worker.id) {
      if (auto task = end_other(at); task != none) {
        if (!worker.retiring) ++extras[tasks[task].extras].failures;
        watch(task);
      }
    }
    at = next;
  }
}

bool scheduler_core::state::note_stray(std::uint32_t task, worker_record const& worker) {
  auto& record = tasks[task];
  if (record.worker == worker.id) {
    record.stray_copy = true;
    return true;
  }
  if (!record.doubled) return false;
  auto& second = others.at(extras[record.extras].second.value);
  if (second.worker != worker.id) return false;
  return second.stray_copy = true;
}

}  // namespace troupe::detail
