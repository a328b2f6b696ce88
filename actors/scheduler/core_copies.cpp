#include <troupe/actors/scheduler/internal/state.hpp>

#include <utility>
#include <vector>

/// Where results lie. The first copy of each is in the task's record, which costs nothing more; further ones have a
/// record each and are found by task and worker. Either is in a list of its worker, so that one that leaves costs as
/// much as what it holds.

namespace troupe::detail {
namespace {

std::uint64_t key_of(std::uint32_t task, std::uint32_t worker) { return std::uint64_t{task} << 32 | worker; }

}  // namespace

bool scheduler_core::state::holds(std::uint32_t task, std::uint32_t worker) const {
  auto const& record = tasks[task];
  if (record.holder == worker) return true;
  return record.more_holders != none && further_copies.contains(key_of(task, worker));
}

void scheduler_core::state::count_copy(task_record const& task, worker_record& worker) {
  ++stats.copies;
  stats.stored_bytes += task.nbytes;
  worker.stored_bytes += task.nbytes;
  if (task.seated) ++worker.seats;
}

void scheduler_core::state::uncount_copy(task_record const& task, worker_record& worker) {
  --stats.copies;
  stats.stored_bytes -= task.nbytes;
  worker.stored_bytes -= task.nbytes;
  if (task.seated) --worker.seats;
}

void scheduler_core::state::list_first(std::uint32_t task) {
  auto& record = tasks[task];
  auto& first = workers[record.holder]->first_copy;
  record.prev = none;
  record.next = first;
  if (first != none) tasks[first].prev = task;
  first = task;
}

void scheduler_core::state::unlist_first(std::uint32_t task) {
  auto& record = tasks[task];
  (record.prev == none ? workers[record.holder]->first_copy : tasks[record.prev].next) = record.next;
  if (record.next != none) tasks[record.next].prev = record.prev;
  record.prev = record.next = none;
}

void scheduler_core::state::add_copy(std::uint32_t task, worker_record& worker) {
  auto& record = tasks[task];
  count_copy(record, worker);
  if (record.holder == none) {
    record.holder = worker.id;
    return list_first(task);
  }
  auto node = holders.take();
  further_copies.emplace(key_of(task, worker.id), node);
  auto& fresh = holders[node] = {task, worker.id, node, node, node, node};
  if (auto next = record.more_holders; next != none) {
    fresh.next = next;
    fresh.prev = std::exchange(holders[next].prev, node);
    holders[fresh.prev].next = node;
  }
  record.more_holders = node;
  if (auto next = worker.further_copies; next != none) {
    fresh.next_there = next;
    fresh.prev_there = std::exchange(holders[next].prev_there, node);
    holders[fresh.prev_there].next_there = node;
  }
  worker.further_copies = node;
}

void scheduler_core::state::remove_further(std::uint32_t node) {
  auto const gone = holders[node];
  further_copies.erase(key_of(gone.task, gone.worker));
  holders[gone.prev].next = gone.next;
  holders[gone.next].prev = gone.prev;
  holders[gone.prev_there].next_there = gone.next_there;
  holders[gone.next_there].prev_there = gone.prev_there;
  auto leave = [node](std::uint32_t& entry, std::uint32_t next) {
    if (entry == node) entry = next == node ? none : next;
  };
  leave(tasks[gone.task].more_holders, gone.next);
  leave(workers[gone.worker]->further_copies, gone.next_there);
  holders.give_back(node);
}

bool scheduler_core::state::remove_copy(std::uint32_t task, worker_record& worker) {
  auto& record = tasks[task];
  if (!holds(task, worker.id)) return false;
  if (record.holder == worker.id) {
    unlist_first(task);
    record.holder = none;
    if (auto node = record.more_holders; node != none) {
      record.holder = holders[node].worker;
      remove_further(node);
      list_first(task);
    }
  } else {
    remove_further(further_copies.find(key_of(task, worker.id))->second);
  }
  uncount_copy(record, worker);
  return true;
}

void scheduler_core::state::free_copies(std::uint32_t task) {
  auto& record = tasks[task];
  auto free_one = [&](std::uint32_t id) {
    free_at(*workers[id], id_of(task));
    uncount_copy(record, *workers[id]);
  };
  if (record.holder == none) return;
  unlist_first(task);
  free_one(std::exchange(record.holder, none));
  while (record.more_holders != none) {
    auto node = record.more_holders;
    free_one(holders[node].worker);
    remove_further(node);
  }
}

std::vector<std::uint32_t> scheduler_core::state::remove_copies_on(worker_record& worker) {
  std::vector<std::uint32_t> lost;
  while (worker.further_copies != none) remove_copy(holders[worker.further_copies].task, worker);
  while (worker.first_copy != none) {
    auto task = worker.first_copy;
    remove_copy(task, worker);
    if (tasks[task].holder == none) lost.push_back(task);
  }
  return lost;
}

}  // namespace troupe::detail
