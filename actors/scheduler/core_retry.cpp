#include <troupe/actors/scheduler/internal/state.hpp>

namespace troupe::detail {

void scheduler_core::state::on(to_scheduler::retry& e) {
  auto* client = find(e.client);
  if (!client) return;
  for (auto const& item : e.items) {
    auto* known = find_slot(*client, item.of);
    auto task = known ? known->task : none;
    auto* slot = take_slot(*client, item.ref);
    bool too_far = !slot && is_too_far(*client, item.ref);
    if (!slot && !too_far) continue;
    if (task == none || too_far) {
      emit(by_scheduler::task_cancelled{e.client, item.ref, {}, cancel_reason::bad_reference});
      continue;
    }
    subscribe(task, e.client, item.ref, *slot);
    if (tasks[task].state == task_stage::erred && tasks[task].payload)
      run_failed_again(task);
    else if (!unfinished(tasks[task].state))
      notify_one(task, e.client, item.ref, cancel_reason::requested);
  }
}

void scheduler_core::state::run_failed_again(std::uint32_t task) {
  std::vector<std::uint32_t> failed{task};
  while (!failed.empty()) {
    auto next = failed.back();
    failed.pop_back();
    auto& record = tasks[next];
    if (record.state != task_stage::erred || !record.payload) continue;
    release_error(std::exchange(record.error, none));
    if (record.extras != none) extras[record.extras].failures = extras[record.extras].misses = 0;
    mark_pending(next, true);
    for (auto e = record.first_dep; e != none; e = edges[e].next_dep) {
      if (edges[e].dep != none) failed.push_back(edges[e].dep);
    }
  }
  // Not sooner: a dependency that is still failed fails what waits for it.
  count_pending();
}

void scheduler_core::state::on(to_scheduler::keep& e) {
  auto* client = find(e.client);
  if (!client) return;
  for (auto ref : e.refs) {
    if (auto* slot = find_slot(*client, ref)) tasks[slot->task].kept = true;
  }
}

}  // namespace troupe::detail
