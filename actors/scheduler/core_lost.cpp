#include <troupe/actors/scheduler/internal/state.hpp>

#include <algorithm>
#include <vector>

namespace troupe::detail {

void scheduler_core::state::on(to_scheduler::remove_worker& e) {
  auto* worker = find(e.worker);
  if (!worker) return;
  open.update(*worker, false);

  auto lost = remove_copies_on(*worker);
  std::vector<std::uint32_t> had, doomed;
  for (auto task = worker->first_task; task != none; task = tasks[task].next) had.push_back(task);
  lose_others_on(*worker);
  if (!worker->retiring) doomed = blame(had, *worker);
  for (auto task : had) {
    take_off(task, *worker);
    promote_second(task);
  }

  auto how = worker->retiring ? parting::in_order : parting::unforeseen;
  unmatch(*worker);
  move_out(*worker);
  worker_sessions.erase(worker->session);
  --stats.workers;
  if (!worker->retiring) count_staying(*worker, false);
  stats.threads -= worker->nthreads;
  workers[e.worker.value].reset();
  match_those_that_go_elsewhere();

  lose(lost, e.worker, {}, how);
  for (auto task : doomed) {
    fail_lost(task, error_cause::lost_workers, e.worker);
  }
  for (auto task : had) {
    if (tasks[task].state == task_stage::processing && tasks[task].worker == none) make_pending(task, false);
    maybe_unneeded(task);
  }
}

/// Those that may have been running, which a worker's threads take in the order of assignment, are suspects; gives back
/// those that have been suspected too often.
std::vector<std::uint32_t> scheduler_core::state::blame(std::vector<std::uint32_t> const& had,
                                                        worker_record const& worker) {
  std::vector<std::uint32_t> doomed;
  std::uint32_t busy = 0;
  for (auto task : had) {
    auto const& record = tasks[task];
    if (record.waiting_on > 0 || (!record.suspended && ++busy > worker.nthreads)) continue;
    if (record.state != task_stage::processing) continue;
    if (++extras_of(tasks[task]).failures > options.allowed_failures && !record.doubled) doomed.push_back(task);
  }
  return doomed;
}

void scheduler_core::state::on_missing(worker_record& worker, missing_item const& item) {
  auto task = running(item.task, item.attempt, worker);
  bool goes_on = task == none;
  if (goes_on) {
    auto still = end_other(item.attempt, worker);
    if (still == none) return;
    watch(still);
  } else {
    take_off(task, worker);
    tasks[task].stays_back = true;
    goes_on = promote_second(task);
  }
  auto dep = find(item.dependency);
  // Who began before it was made once more has missed what was there then.
  if (dep != none && tasks[dep].state == task_stage::memory && tasks[dep].attempt < item.attempt) {
    auto asked_count = std::min<std::size_t>(item.asked_count, item.asked.size());
    for (std::size_t i = 0; i < asked_count; ++i) {
      auto* asked = find(item.asked[i]);
      // Should it hold the value after all, it must not keep it: from now on nobody knows.
      if (asked && remove_copy(dep, *asked)) free_at(*asked, item.dependency);
    }
    if (tasks[dep].holder == none) lose({dep}, {});
  }
  if (goes_on) return;
  if (tasks[task].state == task_stage::processing) {
    // Who holds it cannot give it, again and again: nothing more can come of it.
    if (++extras_of(tasks[task]).misses > most_misses) {
      fail_lost(task, error_cause::lost_data, {});
    } else {
      run_again(task);
    }
  }
  maybe_unneeded(task);
}

void scheduler_core::state::on_lost(worker_record& worker, lost_item const& item) {
  auto task = find(item.task);
  // Said of a result that was known to be lost, or has been made again elsewhere: nothing new.
  bool new_to_us = task != none && tasks[task].state == task_stage::memory && remove_copy(task, worker);
  if (new_to_us && tasks[task].holder == none) lose({task}, worker_id{worker.id}, item.error);
  if (!kept_errors.contains(item.error.value)) drop_error(item.error);
}

/// Others may call it before the worker has left, and what runs there may wait for them.
void scheduler_core::state::on_left(worker_record& worker, task_id actor) {
  auto task = find(actor);
  if (task == none || !tasks[task].seated || tasks[task].state != task_stage::memory) return;
  if (remove_copy(task, worker) && tasks[task].holder == none)
    lose({task}, {worker.id}, {}, worker.retiring ? parting::in_order : parting::unforeseen);
}

/// With what depends on it.
void scheduler_core::state::fail_lost(std::uint32_t task, error_cause cause, worker_id worker, payload_id error) {
  set_state(tasks[task], task_stage::waiting);
  fail_tree(task, make_error(error, cause, task, worker));
}

void scheduler_core::state::run_again(std::uint32_t task) {
  auto& record = tasks[task];
  if (record.attempt_number > 0) --record.attempt_number;
  make_pending(task, false);
  maybe_unneeded(task);
}

/// The last copies of these results are gone, with this worker if it is known, for this reason if that is. What leaves
/// in order does not use up an actor's restarts.
void scheduler_core::state::lose(std::vector<std::uint32_t> const& lost, worker_id with, payload_id error,
                                 parting how) {
  for (auto task : lost) {
    auto& record = tasks[task];
    set_state(record, task_stage::released);
    for (auto e = record.first_dependent; e != none; e = edges[e].next_dependent) {
      auto& waiter = tasks[edges[e].dependent];
      if (waiter.state == task_stage::queued) {
        dequeue(edges[e].dependent);
        set_state(waiter, task_stage::waiting);
        waiter.waiting_on = 1;
      } else if (waiter.state == task_stage::waiting || given_ahead(waiter)) {
        ++waiter.waiting_on;
      }
    }
  }
  for (auto task : lost) {
    auto& record = tasks[task];
    if (record.state != task_stage::released) continue;
    if (!needed(record)) {
      maybe_unneeded(task);
    } else if (record.payload) {
      if (record.seated && how == parting::unforeseen && --extras_of(record).restarts == 0) record.once = true;
      make_pending(task, true);
    } else {
      fail_lost(task, error_cause::lost_data, with, error);
    }
  }
}

}  // namespace troupe::detail
