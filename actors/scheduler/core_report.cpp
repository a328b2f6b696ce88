#include <troupe/actors/scheduler/internal/state.hpp>

#include <algorithm>
#include <utility>

namespace troupe::detail {
namespace {

/// Zero for times that cannot be.
template <class Item>
duration run_time(Item const& item) {
  return item.start < time_point() || item.stop < item.start ? duration::zero() : item.stop - item.start;
}

}  // namespace

void scheduler_core::state::on(to_scheduler::report& e) {
  auto* worker = find(e.worker);
  if (!worker) {
    for (auto const& item : e.items.lost) drop_error(item.error);
    for (auto const& item : e.items.failed) drop_error(item.error);
    for (auto const& item : e.items.unreadable) drop_error(item.error);
    return;
  }
  on_heard(*worker, e.items.heard);
  for (auto const& item : e.items.transfers) on_transfer(*worker, item);
  for (auto const& item : e.items.replicas) on_replica(*worker, item);
  for (auto const& item : e.items.lost) on_lost(*worker, item);
  for (auto const& item : e.items.suspended) on_suspended(*worker, item);
  for (auto const& item : e.items.handles) on_handles(*worker, item);
  for (auto const& item : e.items.done) on_done(*worker, item);
  for (auto const& item : e.items.failed) on_failed(*worker, item);
  for (auto const& item : e.items.cancelled) on_cancelled(*worker, item);
  for (auto const& item : e.items.missing) on_missing(*worker, item);
  for (auto const& item : e.items.unreadable) on_unreadable(*worker, item);
  for (auto actor : e.items.left) on_left(*worker, actor);
  workers_to_fill.push_back(worker->id);
  load_changed(*worker);
}

std::uint32_t scheduler_core::state::running(task_id task, attempt_id attempt, worker_record const& worker) const {
  auto index = find(task);
  if (index == none) return none;
  auto const& record = tasks[index];
  return record.worker == worker.id && record.attempt == attempt ? index : none;
}

void scheduler_core::state::on_done(worker_record& worker, done_item const& item) {
  auto task = running(item.task, item.attempt, worker);
  if (task == none) task = overtake(item.task, item.attempt, worker);
  if (task == none) {
    // A late result is of no use, unless it is this message again or the worker is about to make the result anew.
    auto known = find(item.task);
    if (known == none || (!holds(known, worker.id) && !note_stray(known, worker))) free_at(worker, item.task);
    return;
  }
  auto& record = tasks[task];
  record.stray_copy = false;
  take_off(task, worker);
  if (record.doubled) give_up_second(task);
  measure(record.function, run_time(item));
  measure(record.function, item.nbytes);
  if (record.state == task_stage::cancelled) {
    free_at(worker, item.task);
    maybe_unneeded(task);
    return;
  }
  into_memory(task, worker, item.nbytes);
}

void scheduler_core::state::into_memory(std::uint32_t task, worker_record& worker, std::uint64_t nbytes) {
  auto& record = tasks[task];
  record.nbytes = nbytes;
  add_copy(task, worker);
  set_state(record, task_stage::memory);
  drop_deadline(record);
  // Data that was put there is its own argument; an actor may be made once more from what it was made from.
  if (record.seated ? can_be_made_anew(record) : record.once) keep_held(task);
  if (can_be_made_anew(record)) {
    end_need(task);
  } else {
    unlink_deps(task, true);
    drop_payload_of(record);
  }
  notify(task);
  for (auto e = record.first_dependent; e != none;) {
    auto next = edges[e].next_dependent;
    auto dependent = edges[e].dependent;
    auto& waiter = tasks[dependent];
    if (edges[e].order_only) {
      detach(e);
      // One that failed does not count, but keeps what it depends on for another try.
      if (unfinished(waiter.state)) --record.live_dependents;
    }
    if (waiter.state == task_stage::waiting) {
      --waiter.waiting_on == 0 ? enqueue(dependent) : note_ahead(dependent);
    } else if (given_ahead(waiter) && --waiter.waiting_on == 0) {
      begin_to_count(dependent);
    }
    e = next;
  }
  maybe_unneeded(task);
}

void scheduler_core::state::on_failed(worker_record& worker, failed_item const& item) {
  auto task = running(item.task, item.attempt, worker);
  if (task != none) {
    measure(tasks[task].function, run_time(item));
    if (!item.retryable && !tasks[task].doubled) drop_payload_of(tasks[task]);
  }
  end_failed(task, item.attempt, worker, item.error, item.retryable);
}

/// The value stays with who holds it: a task that runs there can take it.
void scheduler_core::state::on_unreadable(worker_record& worker, unreadable_item const& item) {
  end_failed(running(item.task, item.attempt, worker), item.attempt, worker, item.error, false);
}

void scheduler_core::state::end_failed(std::uint32_t task, attempt_id attempt, worker_record& worker, payload_id error,
                                       bool retryable) {
  if (task == none) {
    end_other(attempt, worker);
    if (!kept_errors.contains(error.value)) drop_error(error);
    return;
  }
  auto& record = tasks[task];
  take_off(task, worker);
  if (record.state == task_stage::cancelled) {
    drop_error(error);
    maybe_unneeded(task);
  } else if (promote_second(task)) {
    drop_error(error);
  } else if (retryable && record.retries_left > 0 && needed(record)) {
    --record.retries_left;
    drop_error(error);
    make_pending(task, false);
  } else {
    fail_tree(task, make_error(error, error_cause::function, task, {worker.id}));
  }
}

void scheduler_core::state::on_cancelled(worker_record& worker, cancelled_item const& item) {
  auto task = running(item.task, item.attempt, worker);
  if (task == none) {
    if (auto still = end_other(item.attempt, worker); still != none) watch(still);
    return;
  }
  auto& record = tasks[task];
  take_off(task, worker);
  if (record.state == task_stage::cancelled) {
    maybe_unneeded(task);
  } else if (item.started) {
    cancel_tree(task, cancel_reason::function);
  } else if (!promote_second(task)) {
    run_again(task);
  }
}

void scheduler_core::state::on_suspended(worker_record& worker, suspended_item const& item) {
  auto task = running(item.task, item.attempt, worker);
  if (task == none) suspend_other(item.attempt, worker);
  if (task == none || tasks[task].suspended) return;
  auto& record = tasks[task];
  // It runs, so what it waited for is made, though the report may still be on its way.
  if (record.waiting_on > 0) begin_to_count(task);
  record.suspended = true;
  remove_load(worker, record);
}

void scheduler_core::state::on_replica(worker_record& worker, replica_item const& item) {
  auto task = find(item.task);
  if (task != none && note_stray(task, worker)) {
    // It was lost and is made again right there: freed now, the new result could be hit.
  } else if (task == none || tasks[task].state != task_stage::memory || tasks[task].seated) {
    free_at(worker, item.task);
  } else if (!holds(task, worker.id)) {
    add_copy(task, worker);
  }
}

void scheduler_core::state::measure(function_id function, duration run) {
  auto& record = function_of(function);
  auto queued = record.queued;
  // They count with the mean as it is.
  if (queued > 0) count_queued(function, -queued);
  ++record.runs;
  auto& mean = record.mean_run;
  auto sample = std::max(0.0, nanoseconds(run));
  mean = mean < 0 ? sample : mean + (sample - mean) / 8;
  if (queued > 0) count_queued(function, queued);
}

void scheduler_core::state::measure(function_id function, std::uint64_t nbytes) {
  auto& mean = functions[function.value].mean_nbytes;
  auto sample = static_cast<double>(nbytes);
  mean = mean < 0 ? sample : mean + (sample - mean) / 8;
}

void scheduler_core::state::take_off(std::uint32_t task, worker_record& worker) {
  auto& record = tasks[task];
  if (record.constrained) give_shares_back(std::exchange(extras[record.extras].shares, {}), worker);
  if (record.waiting_on > 0) {
    record.waiting_on = 0;
    --worker.given_ahead;
    worker.load_to_come -= static_cast<std::int64_t>(record.expected_run);
  } else if (!record.suspended) {
    remove_load(worker, record);
  }
  --worker.tasks;
  unlist(task, worker);
  record.worker = none;
  if (record.stray_copy) free_at(worker, id_of(task));
  record.stray_copy = false;
  record.suspended = record.abandoned = record.recalled = record.uses_up = false;
}

void scheduler_core::state::list(std::uint32_t task, worker_record& worker) {
  auto& record = tasks[task];
  record.prev = worker.last_task;
  record.next = none;
  (worker.last_task == none ? worker.first_task : tasks[worker.last_task].next) = task;
  worker.last_task = task;
}

void scheduler_core::state::unlist(std::uint32_t task, worker_record& worker) {
  auto& record = tasks[task];
  (record.prev == none ? worker.first_task : tasks[record.prev].next) = record.next;
  (record.next == none ? worker.last_task : tasks[record.next].prev) = record.prev;
  record.prev = record.next = none;
}

void scheduler_core::state::free_at(worker_record& worker, task_id task) {
  if (worker.to_free.empty()) workers_to_tell.push_back(worker.id);
  worker.to_free.push_back(task);
}

}  // namespace troupe::detail
