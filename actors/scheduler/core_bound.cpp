#include <troupe/actors/scheduler/internal/state.hpp>

#include <algorithm>
#include <utility>

namespace troupe::detail {

void scheduler_core::state::enqueue(std::uint32_t task) {
  auto& record = tasks[task];
  set_state(record, task_stage::queued);
  inherit_order(record);
  if (record.bound || record.aside) {
    bound_ready.push_back(id_of(task));
  } else if (record.constrained) {
    auto& wanted = demands[extras[record.extras].demand];
    if (wanted.waiting.empty()) wanted.look_at = time_after(now, options.unmet_patience);
    wanted.waiting[record.priority].push_back(id_of(task));
    ++constrained_waiting;
    look_for_places = true;
  } else {
    ready.push(task);
  }
}

void scheduler_core::state::inherit_order(task_record& task) {
  if (task.in_order) return;
  std::uint64_t last = 0;
  for (auto e = task.first_dep; e != none; e = edges[e].next_dep) {
    if (edges[e].dep != none) last = std::max(last, tasks[edges[e].dep].order);
  }
  if (last > 0) task.order = std::min(task.order, last);
}

void scheduler_core::state::dequeue(std::uint32_t task) {
  auto const& record = tasks[task];
  // The others are passed over.
  if (record.bound || record.aside) return;
  if (record.constrained)
    --constrained_waiting;
  else
    ready.remove(task);
}

/// Tasks for named workers do not wait for room: there is nobody else who could take them.
void scheduler_core::state::place_bound() {
  for (auto id : std::exchange(bound_ready, {})) {
    auto task = find(id);
    if (task == none || tasks[task].state != task_stage::queued) continue;
    // One that was let go of while a worker had it, and came back: to place it again would only have it recalled again.
    if (!needed(tasks[task])) {
      maybe_unneeded(task);
      continue;
    }
    worker_record* best = nullptr;
    if (!tasks[task].bound) {
      best = next_in_turn();
      if (!best) bound_ready.push_back(id);
    } else {
      for (auto allowed : extras[tasks[task].extras].workers) {
        auto* worker = find(allowed);
        if (worker && !worker->retiring && (!best || worker->load_per_thread < best->load_per_thread)) best = worker;
      }
      if (!best) cancel_tree(task, cancel_reason::worker_left);
    }
    if (!best) continue;
    assign(task, *best);
    load_changed(*best);
  }
}

worker_record* scheduler_core::state::next_in_turn() {
  if (staying == 0) return nullptr;
  for (;; turn_thread = 0, ++turn_worker) {
    if (turn_worker >= workers.size()) turn_worker = 0;
    auto* worker = workers[turn_worker].get();
    if (worker && !worker->retiring && turn_thread++ < worker->nthreads) return worker;
  }
}

}  // namespace troupe::detail
