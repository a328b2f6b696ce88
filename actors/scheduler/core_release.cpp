#include <troupe/actors/scheduler/internal/state.hpp>

namespace troupe::detail {

void scheduler_core::state::unsubscribe(client_record::slot& slot) {
  auto index = std::exchange(slot.task, none);
  auto node = std::exchange(slot.wanter, none);
  auto& task = tasks[index];
  --stats.references;
  if (node == none) {
    task.wanter = none;
  } else {
    auto& gone = wanters[node];
    (gone.prev == none ? task.more_wanters : wanters[gone.prev].next) = gone.next;
    if (gone.next != none) wanters[gone.next].prev = gone.prev;
    wanters.give_back(node);
  }
  if (task.state == task_stage::processing && !wanted(task)) begun.push_back(index);
  maybe_unneeded(index);
}

bool scheduler_core::state::needed(task_record const& task) const {
  return wanted(task) || task.live_dependents != 0 || (task.kept && unfinished(task.state)) || kept_by_values(task);
}

void scheduler_core::state::maybe_unneeded(std::uint32_t task) {
  if (!needed(tasks[task])) unneeded.push_back(id_of(task));
}

void scheduler_core::state::settle() {
  while (!unneeded.empty()) {
    auto task = find(unneeded.back());
    unneeded.pop_back();
    if (task != none && !needed(tasks[task])) let_go(task);
  }
}

void scheduler_core::state::let_go(std::uint32_t task) {
  auto& record = tasks[task];
  drop_handles(record);
  // Something finished was made from it and may have to be made again.
  bool lineage = record.first_dependent != none;
  switch (record.state) {
    case task_stage::queued:
    case task_stage::waiting:
      if (record.state == task_stage::queued) dequeue(task);
      if (!lineage) return forget(task);
      end_need(task);
      forget_key(record);
      drop_deadline(record);
      set_state(record, task_stage::released);
      break;
    case task_stage::processing:
      if (record.abandoned) break;
      record.abandoned = true;
      if (record.doubled) give_up_second(task);
      // Its attempt may use up what it depends on, so nobody may come to want it again.
      forget_key(record);
      emit(by_scheduler::stop_task{{record.worker}, {id_of(task), record.attempt, true}});
      break;
    case task_stage::memory:
      free_copies(task);
      if (!lineage) return forget(task);
      forget_key(record);
      set_state(record, task_stage::released);
      break;
    case task_stage::released:
    case task_stage::erred:
      if (!lineage) return forget(task);
      forget_key(record);
      break;
    case task_stage::cancelled:
      if (!lineage && record.worker == none) forget(task);
      break;
  }
}

void scheduler_core::state::forget(std::uint32_t task) {
  auto& record = tasks[task];
  unlink_deps(task, unfinished(record.state));
  drop_payload_of(record);
  drop_deadline(record);
  drop_handles(record);
  if (record.seated) emit(by_scheduler::drop_snapshot{id_of(task)});
  if (record.error != none) release_error(std::exchange(record.error, none));
  if (record.extras != none) {
    forget_key(record);
    forget_family(record);
    if (record.constrained) leave_demand(extras[record.extras].demand);
    extras.give_back(record.extras);
  }
  if (record.state == task_stage::queued) count_queued(record.function, -1);
  --stats.tasks_in[static_cast<std::size_t>(record.state)];
  --stats.tasks;
  record.in_use = false;
  if (++record.generation == 0) record.generation = 1;
  tasks.give_back(task);
}

void scheduler_core::state::unlink_deps(std::uint32_t task, bool live) {
  auto e = std::exchange(tasks[task].first_dep, none);
  while (e != none) {
    auto next = edges[e].next_dep;
    if (auto dep = edges[e].dep; dep != none) {
      detach(e);
      if (live) --tasks[dep].live_dependents;
      maybe_unneeded(dep);
    }
    edges.give_back(e);
    --stats.dependencies;
    e = next;
  }
}

void scheduler_core::state::end_need(std::uint32_t task) {
  for (auto e = tasks[task].first_dep; e != none; e = edges[e].next_dep) {
    auto dep = edges[e].dep;
    if (dep == none) continue;
    --tasks[dep].live_dependents;
    // Nothing was made from an actor that was only called.
    if (edges[e].held) detach(e);
    maybe_unneeded(dep);
  }
}

void scheduler_core::state::detach(std::uint32_t edge_index) {
  auto& gone = edges[edge_index];
  auto& dep = tasks[gone.dep];
  (gone.prev_dependent == none ? dep.first_dependent : edges[gone.prev_dependent].next_dependent) = gone.next_dependent;
  (gone.next_dependent == none ? dep.last_dependent : edges[gone.next_dependent].prev_dependent) = gone.prev_dependent;
  gone.dep = none;
}

void scheduler_core::state::forget_key(task_record& task) {
  if (task.extras == none) return;
  auto& key = extras[task.extras].key;
  if (key.empty()) return;
  keys.erase(key);
  key.clear();
}

void scheduler_core::state::forget_family(task_record& task) {
  auto& own = extras[task.extras];
  for (auto child = own.first_child; child != none;) {
    auto& below = extras[tasks[child].extras];
    child = below.next_child;
    below.parent = below.prev_child = below.next_child = none;
  }
  own.first_child = own.last_child = none;
  if (own.parent == none) return;
  auto& above = extras[tasks[own.parent].extras];
  (own.prev_child == none ? above.first_child : extras[tasks[own.prev_child].extras].next_child) = own.next_child;
  (own.next_child == none ? above.last_child : extras[tasks[own.next_child].extras].prev_child) = own.prev_child;
  own.parent = own.prev_child = own.next_child = none;
}

}  // namespace troupe::detail
