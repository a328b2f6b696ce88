#include <troupe/actors/scheduler/internal/state.hpp>

#include <algorithm>
#include <utility>

// Handles of actors that lie in results, and in values of queues, variables and topics. Who reads a value has handles
// of his own from then on; until somebody does, the value itself is who keeps those actors: a result wherever its
// copies are, encoded or in files, another one as long as the scheduler has it.
namespace troupe::detail {

void scheduler_core::state::on_handles(worker_record const& worker, handles_item const& item) {
  auto task = running(item.task, item.attempt, worker);
  if (task == none) {
    // A second attempt: its result, which comes with this, will be the one that counts.
    auto at = find_other(item.attempt, worker);
    if (at != others.end() && !at->second.given_up) task = find(item.task);
  }
  if (task != none && tasks[task].state == task_stage::processing) keep_actors(task, item.actors, false);
}

void scheduler_core::state::on(to_scheduler::note_snapshot& e) {
  auto task = find(e.actor);
  if (task == none || !tasks[task].seated || tasks[task].state != task_stage::memory) return;
  auto& keeps = extras_of(tasks[task]).keeps;
  auto const old = std::partition(keeps.begin(), keeps.end(), [](auto const& k) { return !k.in_snapshot; });
  std::vector<kept_actor> const before(old, keeps.end());
  keeps.erase(old, keeps.end());
  keep_actors(task, e.handles, true);
  for (auto const& gone : before) let_actor_go(gone.actor);
}

void scheduler_core::state::on(to_scheduler::keep_for_value& e) {
  auto [at, fresh] = kept_for_values.try_emplace(e.value);
  if (!fresh) return;
  auto& kept = at->second;
  for (auto const& key : e.handles) {
    auto known = keys.find(key);
    if (known == keys.end() || !tasks[known->second].seated) continue;
    if (std::find(kept.begin(), kept.end(), known->second) != kept.end()) continue;
    kept.push_back(known->second);
    ++extras_of(tasks[known->second]).keepers;
  }
}

void scheduler_core::state::on(to_scheduler::drop_values& e) {
  for (auto value : e.values)
    if (auto dropped = kept_for_values.extract(value))
      for (auto actor : dropped.mapped()) let_actor_go(actor);
}

void scheduler_core::state::drop_all_values() {
  for (auto const& [value, actors] : std::exchange(kept_for_values, {}))
    for (auto actor : actors) let_actor_go(actor);
}

void scheduler_core::state::keep_actors(std::uint32_t task, std::vector<std::string> const& handles, bool in_snapshot) {
  for (auto const& key : handles) {
    // One that has gone already is nobody's any more.
    if (auto known = keys.find(key); known != keys.end()) keep_actor(task, {known->second, in_snapshot});
  }
}

void scheduler_core::state::keep_actor(std::uint32_t task, kept_actor which) {
  // An actor that has a handle of itself would live for ever.
  if (which.actor == task || !tasks[which.actor].seated) return;
  auto& keeps = extras_of(tasks[task]).keeps;
  if (std::find(keeps.begin(), keeps.end(), which) != keeps.end()) return;
  keeps.push_back(which);
  ++extras_of(tasks[which.actor]).keepers;
}

void scheduler_core::state::keep_held(std::uint32_t task) {
  for (auto e = tasks[task].first_dep; e != none; e = edges[e].next_dep)
    if (edges[e].held && edges[e].dep != none) keep_actor(task, {edges[e].dep, false});
}

void scheduler_core::state::drop_handles(task_record& task) {
  if (task.extras == none) return;
  for (auto const& gone : std::exchange(extras[task.extras].keeps, {})) let_actor_go(gone.actor);
}

void scheduler_core::state::let_actor_go(std::uint32_t actor) {
  --extras_of(tasks[actor]).keepers;
  maybe_unneeded(actor);
}

}  // namespace troupe::detail
