#include <troupe/actors/scheduler/internal/state.hpp>

namespace troupe::detail {

void scheduler_core::state::cancel_tree(std::uint32_t task, cancel_reason reason) {
  // A stack: everything below one child is cancelled before its elder sibling is looked at, see cancel_one.
  to_cancel.emplace_back(id_of(task), reason);
  while (!to_cancel.empty()) {
    auto [id, why] = to_cancel.back();
    to_cancel.pop_back();
    if (auto next = find(id); next != none) cancel_one(next, why);
  }
}

void scheduler_core::state::cancel_one(std::uint32_t task, cancel_reason reason) {
  auto& record = tasks[task];
  if (!unfinished(record.state)) return;
  if (reason == cancel_reason::parent && !only_its_parents(record)) return;

  make_cancelled(task, reason);
  if (record.extras != none) {
    auto child = extras[record.extras].first_child;
    for (; child != none; child = extras[tasks[child].extras].next_child) {
      to_cancel.emplace_back(id_of(child), cancel_reason::parent);
    }
  }
  for (auto e = record.first_dependent; e != none; e = edges[e].next_dependent) {
    to_cancel.emplace_back(id_of(edges[e].dependent), cancel_reason::dependency);
  }
}

void scheduler_core::state::make_cancelled(std::uint32_t task, cancel_reason reason) {
  auto& record = tasks[task];
  if (record.state == task_stage::queued) dequeue(task);
  if (record.worker != none) emit(by_scheduler::stop_task{{record.worker}, {id_of(task), record.attempt, false}});
  if (record.doubled) give_up_second(task);
  free_copies(task);
  if (record.error != none) release_error(std::exchange(record.error, none));
  bool live = unfinished(record.state);
  set_state(record, task_stage::cancelled);
  forget_key(record);
  drop_deadline(record);
  drop_payload_of(record);
  drop_handles(record);
  unlink_deps(task, live);
  notify(task, reason);
  maybe_unneeded(task);
}

void scheduler_core::state::on(to_scheduler::restart&) {
  for (std::uint32_t task = 0; task < tasks.end(); ++task)
    if (tasks[task].in_use && tasks[task].state != task_stage::cancelled)
      make_cancelled(task, cancel_reason::restarted);
  drop_all_values();
}

bool scheduler_core::state::only_its_parents(task_record const& task) const {
  if (task.first_dependent != none || task.kept || kept_by_values(task)) return false;
  auto const& child = extras[task.extras];
  auto is_parents = [&](std::uint32_t client, client_ref ref) {
    return client == child.submitter && ref == child.submitted_as;
  };
  if (task.more_wanters == none) return task.wanter == none || is_parents(task.wanter, task.wanter_ref);
  auto const& other = wanters[task.more_wanters];
  return task.wanter == none && other.next == none && is_parents(other.client, other.ref);
}

void scheduler_core::state::fail_tree(std::uint32_t task, std::uint32_t error) {
  to_fail.push_back(task);
  while (!to_fail.empty()) {
    auto next = to_fail.back();
    to_fail.pop_back();
    fail_one(next, error);
  }
}

void scheduler_core::state::fail_one(std::uint32_t task, std::uint32_t error) {
  auto& record = tasks[task];
  // A dependent that runs already has what it needs; if not, it comes back and finds the failure then.
  if (!unfinished(record.state) || record.worker != none) return;
  if (record.state == task_stage::queued) dequeue(task);
  set_state(record, task_stage::erred);
  record.error = error;
  ++errors[error].tasks;
  drop_deadline(record);
  drop_handles(record);
  // What it needs to run again stays with it.
  end_need(task);
  notify(task);
  for (auto e = record.first_dependent; e != none; e = edges[e].next_dependent) to_fail.push_back(edges[e].dependent);
  maybe_unneeded(task);
}

std::uint32_t scheduler_core::state::make_error(payload_id payload, error_cause cause, std::uint32_t origin,
                                                worker_id worker) {
  auto index = errors.take();
  errors[index] = {payload, cause, id_of(origin), tasks[origin].attempt_number, worker, 0, {}};
  if (payload) {
    kept_errors.insert(payload.value);
    ++stats.errors;
  }
  return index;
}

void scheduler_core::state::release_error(std::uint32_t error) {
  auto& record = errors[error];
  if (--record.tasks > 0) return;
  if (record.payload) {
    kept_errors.erase(record.payload.value);
    --stats.errors;
    drop_error(record.payload);
  }
  record.clash.reset();
  errors.give_back(error);
}

void scheduler_core::state::drop_error(payload_id error) {
  if (error) errors_to_drop.push_back(error);
}

void scheduler_core::state::notify(std::uint32_t task, cancel_reason reason) {
  auto const& record = tasks[task];
  if (record.wanter != none) notify_one(task, {record.wanter}, record.wanter_ref, reason);
  for (auto node = record.more_wanters; node != none; node = wanters[node].next) {
    notify_one(task, {wanters[node].client}, wanters[node].ref, reason);
  }
}

void scheduler_core::state::notify_one(std::uint32_t task, client_id client, client_ref ref, cancel_reason reason) {
  auto const& record = tasks[task];
  if (record.state == task_stage::memory) {
    emit(by_scheduler::task_finished{client, ref, id_of(task), {record.holder}, record.nbytes});
  } else if (record.state == task_stage::erred) {
    auto const& error = errors[record.error];
    emit(by_scheduler::task_erred{client, ref, id_of(task), error.origin, error.cause, error.payload,
                                  error.attempt_number, error.worker, error.clash});
  } else if (record.state == task_stage::cancelled) {
    emit(by_scheduler::task_cancelled{client, ref, id_of(task), reason});
  }
}

}  // namespace troupe::detail
