#include <troupe/actors/scheduler/internal/state.hpp>

#include <algorithm>

/// A task whose missing dependencies are all being made is given ahead to a worker that makes one of them, which begins
/// it without asking here: the way from the end of a task to the beginning of the next is then one between workers, or
/// none. Only while nothing waits for a worker; what is ready comes first.

namespace troupe::detail {

namespace {

// Of each task so many dependents and dependencies are looked at, so that none costs more than its share.
constexpr std::uint32_t most_looked_at = 16;
// What is larger is not sent without being asked for when there is room for it; beside it a hop is nothing anyway.
constexpr float most_awaited = 1 << 20;

}  // namespace

void scheduler_core::state::note_ahead(std::uint32_t task) {
  auto const& record = tasks[task];
  if (record.state != task_stage::waiting || record.waiting_on > most_looked_at || record.stays_back) return;
  if (!options.give_ahead) return;
  maybe_ahead.push_back(id_of(task));
}

void scheduler_core::state::give_ahead() {
  // Both grow meanwhile, by what depends on those that were given ahead.
  for (std::size_t i = 0, j = 0; ready.empty() && (i < begun.size() || j < maybe_ahead.size());) {
    if (i < begun.size())
      note_dependents_ahead(begun[i++]);
    else
      try_ahead(find(maybe_ahead[j++]));
  }
  begun.clear();
  maybe_ahead.clear();
}

void scheduler_core::state::note_dependents_ahead(std::uint32_t task) {
  std::uint32_t looked_at = 0;
  for (auto e = tasks[task].first_dependent; e != none && looked_at < most_looked_at; e = edges[e].next_dependent) {
    note_ahead(edges[e].dependent);
    ++looked_at;
  }
}

void scheduler_core::state::try_ahead(std::uint32_t task) {
  if (task == none || !may_go_ahead(tasks[task])) return;
  auto* worker = choose_ahead(task);
  if (!worker || awaits_much(tasks[task], *worker)) return;
  inherit_order(tasks[task]);
  assign(task, *worker);
}

bool scheduler_core::state::may_go_ahead(task_record const& task) const {
  if (task.state != task_stage::waiting || task.stays_back) return false;
  if (task.bound || task.aside || task.constrained || task.seated) return false;
  std::uint32_t looked_at = 0;
  for (auto e = task.first_dep; e != none; e = edges[e].next_dep) {
    if (edges[e].dep == none) continue;
    if (++looked_at > most_looked_at || edges[e].order_only || edges[e].held) return false;
    auto const& dep = tasks[edges[e].dep];
    if (dep.state == task_stage::memory) continue;
    if (dep.state != task_stage::processing || dep.abandoned || dep.recalled || dep.seated) return false;
    // Who makes it in the end is open.
    if (dep.speculates) return false;
    // Should its owner let go of it, this task may have it to itself.
    if (task.moves_inputs && wanted(dep) && dep.live_dependents == 1) return false;
  }
  return true;
}

/// Of the workers that make or hold something of what it takes the one with most of it.
worker_record* scheduler_core::state::choose_ahead(std::uint32_t task) {
  candidates.clear();
  auto note = [&](std::uint32_t id) {
    auto& worker = *workers[id];
    if (worker.local_deps++ == 0) candidates.push_back(&worker);
  };
  for (auto e = tasks[task].first_dep; e != none; e = edges[e].next_dep) {
    if (edges[e].dep == none) continue;
    auto const& dep = tasks[edges[e].dep];
    note(dep.state == task_stage::memory ? dep.holder : dep.worker);
  }
  worker_record* best = nullptr;
  auto better = [](worker_record const& a, worker_record const& b) {
    if (a.local_deps != b.local_deps) return a.local_deps > b.local_deps;
    return a.load + a.load_to_come < b.load + b.load_to_come;
  };
  for (auto* worker : candidates) {
    if (has_room_ahead(*worker) && (!best || better(*worker, *best))) best = worker;
  }
  for (auto* worker : candidates) worker->local_deps = 0;
  return best;
}

bool scheduler_core::state::awaits_much(task_record const& task, worker_record const& worker) const {
  float nbytes = 0;
  for (auto e = task.first_dep; e != none; e = edges[e].next_dep) {
    if (edges[e].dep == none) continue;
    auto const& dep = tasks[edges[e].dep];
    if (dep.state == task_stage::processing && dep.worker != worker.id) nbytes += dep.expected_nbytes;
  }
  return nbytes > most_awaited;
}

bool scheduler_core::state::has_room_ahead(worker_record const& worker) const {
  if (!has_room(worker)) return false;
  if (worker.given_ahead < worker.nthreads) return true;
  return worker.given_ahead + worker.assigned < options.window_limit &&
         worker.load + worker.load_to_come < worker.most_load;
}

void scheduler_core::state::begin_to_count(std::uint32_t task) {
  auto& record = tasks[task];
  auto& worker = *workers[record.worker];
  record.waiting_on = 0;
  --worker.given_ahead;
  worker.load_to_come -= static_cast<std::int64_t>(record.expected_run);
  add_load(worker, record);
  load_changed(worker);
  begun.push_back(task);
}

}  // namespace troupe::detail
