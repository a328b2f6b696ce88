#include <troupe/actors/scheduler/internal/state.hpp>

#include <algorithm>
#include <utility>

namespace troupe::detail {

void scheduler_core::state::enqueue(std::uint32_t task) {
  auto& record = tasks[task];
  set_state(record, task_stage::queued);
  inherit_order(record);
  line_up(task);
}

void scheduler_core::state::line_up(std::uint32_t task) {
  auto const& record = tasks[task];
  if (record.bound || record.aside) {
    bound_ready.push_back(id_of(task));
  } else if (record.constrained) {
    auto index = extras[record.extras].demand;
    auto& wanted = demands[index];
    if (wanted.waiting->empty()) {
      wanted.look_at = time_after(now, options.unmet_patience);
      next_look = std::min(next_look, wanted.look_at);
    }
    wanted.waiting->push(task);
    ++constrained_waiting;
    want_places(index);
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
  if (record.constrained) {
    demands[extras[record.extras].demand].waiting->remove(task);
    --constrained_waiting;
  } else {
    ready.remove(task);
  }
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
      best = next_in_turn(tasks[task].function);
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

bool scheduler_core::state::is_stranded(function_id function) const {
  if (function.value >= functions.size() || functions[function.value].demand == none) return staying == 0;
  return demands[functions[function.value].demand].workers.empty();
}

worker_record* scheduler_core::state::next_in_turn(function_id function) {
  if (is_stranded(function)) return nullptr;
  for (;; turn_thread = 0, ++turn_worker) {
    if (turn_worker >= workers.size()) turn_worker = 0;
    auto* worker = workers[turn_worker].get();
    if (worker && !worker->retiring && worker->can_run(function) && turn_thread++ < worker->nthreads) return worker;
  }
}

}  // namespace troupe::detail
