#include <troupe/actors/scheduler/internal/state.hpp>

#include <algorithm>
#include <limits>

namespace troupe::detail {

void scheduler_core::state::on(to_scheduler::submit& e) {
  if (!find(e.client)) {
    for (auto const& task : e.tasks) {
      payloads_to_drop.push_back(task.payload);
      if (task.refused) errors_to_drop.push_back(task.refused);
    }
    return;
  }
  for (auto& task : e.tasks) submit_one(e.client, task);
}

void scheduler_core::state::submit_one(client_id client, submitted_task& from) {
  auto ref = from.ref;
  auto refused = std::exchange(from.refused, {});
  // Where it is not taken over below, nobody hears of it.
  if (refused) errors_to_drop.push_back(refused);
  if (is_too_far(*clients[client.value], ref)) {
    payloads_to_drop.push_back(from.payload);
    emit(by_scheduler::task_cancelled{client, ref, {}, cancel_reason::bad_reference});
    return;
  }
  auto* free_slot = take_slot(*clients[client.value], ref);
  if (!free_slot) {
    auto const& slot = find(client)->slots[ref.index];
    bool seen_before = slot.task != none && ref.generation == slot.generation;
    if (!seen_before || tasks[slot.task].payload != from.payload) payloads_to_drop.push_back(from.payload);
    return;
  }
  auto& slot = *free_slot;

  if (auto known = from.key.empty() ? keys.end() : keys.find(from.key); known != keys.end()) {
    auto task = known->second;
    if (!follows_ended(task, from)) {
      if (is_other_call(task, from)) return refuse_key(client, from, slot, task);
      payloads_to_drop.push_back(from.payload);
      subscribe(task, client, ref, slot);
      if (!unfinished(tasks[task].state)) notify_one(task, client, ref, cancel_reason::requested);
      return;
    }
    forget_key(tasks[task]);
  }

  auto task = make_task(*clients[client.value], from);
  subscribe(task, client, ref, slot);
  if (!from.key.empty()) {
    keys.emplace(from.key, task);
    extras_of(tasks[task]).key = std::move(from.key);
    extras_of(tasks[task]).arguments = from.arguments;
  }
  if (!from.workers.empty()) {
    extras_of(tasks[task]).workers = std::move(from.workers);
    tasks[task].bound = true;
  }
  tasks[task].aside = from.aside;
  tasks[task].once = from.once;
  tasks[task].moves_inputs = from.moves_inputs;
  tasks[task].speculates = from.speculate && !from.aside && !from.restarts;
  tasks[task].in_order = from.in_order;
  if (from.restarts) {
    tasks[task].seated = true;
    // Without lineage what it was made from is not kept.
    tasks[task].once = *from.restarts == 0 || (!options.keep_lineage && !from.deps.empty());
    if (!tasks[task].once) extras_of(tasks[task]).restarts = *from.restarts;
  }
  constrain(task, from);
  auto reason = cancel_reason::requested;
  auto error = none;
  bool doomed = false;
  auto last = none;
  if (refused) {
    errors_to_drop.pop_back();
    // There is no use in trying it again.
    drop_payload_of(tasks[task]);
    return fail_tree(task, make_error(refused, error_cause::function, task, {}));
  }
  for (auto const& dep : from.deps) {
    auto* dep_slot = find_slot(*clients[client.value], dep.ref);
    if (!dep_slot || dep_slot->task == task) {
      doomed = true;
      reason = cancel_reason::bad_reference;
      error = none;
      break;
    }
    auto const& record = tasks[dep_slot->task];
    if (record.state == task_stage::erred && error == none) error = record.error;
    // All the same it is linked: should another's failure be retried, this one is found again.
    if (record.state == task_stage::cancelled) {
      doomed = true;
      reason = cancel_reason::dependency;
    }
    bool done = record.state == task_stage::memory;
    if (!(done && dep.order_only)) link(dep_slot->task, task, last, dep);
  }
  if (from.parent && !doomed && error == none && adopt(task, *from.parent, client, ref)) {
    doomed = true;
    reason = cancel_reason::parent;
  }
  if (from.deadline && *from.deadline <= now && !doomed && error == none) {
    doomed = true;
    reason = cancel_reason::deadline;
  }
  if (error != none) {
    fail_tree(task, error);
  } else if (doomed) {
    cancel_tree(task, reason);
  } else {
    if (from.deadline) add_deadline(task, *from.deadline);
    make_pending(task, false);
  }
}

void scheduler_core::state::on(to_scheduler::note_stop& e) {
  auto task = find(e.actor);
  if (task != none && tasks[task].seated) tasks[task].stopped = true;
}

bool scheduler_core::state::follows_ended(std::uint32_t known, submitted_task const& from) const {
  auto const& record = tasks[known];
  return from.restarts && record.seated && (record.stopped || record.state == task_stage::erred);
}

bool scheduler_core::state::is_other_call(std::uint32_t known, submitted_task const& from) const {
  auto arguments = extras[tasks[known].extras].arguments;
  if (from.arguments == 0 || arguments == 0) return false;
  return tasks[known].function != from.function || arguments != from.arguments;
}

void scheduler_core::state::refuse_key(client_id client, submitted_task& from, client_record::slot& slot,
                                       std::uint32_t known) {
  auto task = make_task(*clients[client.value], from);
  subscribe(task, client, from.ref, slot);
  drop_payload_of(tasks[task]);
  auto error = make_error({}, error_cause::other_call, known, {});
  errors[error].clash = std::make_shared<by_scheduler::key_clash const>(
      by_scheduler::key_clash{extras[tasks[known].extras].key, tasks[known].function, from.function});
  fail_tree(task, error);
}

void scheduler_core::state::subscribe(std::uint32_t task, client_id client, client_ref ref, client_record::slot& slot) {
  auto& record = tasks[task];
  slot.task = task;
  slot.wanter = none;
  ++stats.references;
  if (record.wanter == none) {
    record.wanter = client.value;
    record.wanter_ref = ref;
    return;
  }
  slot.wanter = wanters.take();
  wanters[slot.wanter] = {client.value, ref, none, record.more_wanters};
  if (record.more_wanters != none) wanters[record.more_wanters].prev = slot.wanter;
  record.more_wanters = slot.wanter;
}

std::uint32_t scheduler_core::state::make_task(client_record& client, submitted_task& from) {
  auto index = tasks.take();
  auto& task = tasks[index];
  auto generation = task.generation;
  task = {};
  task.generation = generation;
  task.in_use = true;
  task.serial = ++serials;
  task.order = std::max(client.next_order, queue_position);
  client.next_order = task.order + 1;

  task.function = from.function;
  task.payload = from.payload;
  task.priority = from.priority;
  task.retries_left = std::min<std::uint32_t>(from.retries, std::numeric_limits<std::uint16_t>::max() - 1);
  ++stats.tasks;
  if (task.payload) ++stats.payloads;
  ++stats.tasks_in[static_cast<std::size_t>(task.state)];
  return index;
}

void scheduler_core::state::link(std::uint32_t dep, std::uint32_t dependent, std::uint32_t& last,
                                 submitted_dep const& how) {
  auto index = edges.take();
  auto& from = tasks[dep];
  edges[index] = {dep, dependent, none, from.last_dependent, none, how.order_only, how.held};
  (from.last_dependent == none ? from.first_dependent : edges[from.last_dependent].next_dependent) = index;
  from.last_dependent = index;
  ++from.live_dependents;
  (last == none ? tasks[dependent].first_dep : edges[last].next_dep) = index;
  last = index;
  ++stats.dependencies;
}

bool scheduler_core::state::adopt(std::uint32_t child, submitted_parent const& parent, client_id by, client_ref as) {
  auto index = find(parent.task);
  if (index == none || tasks[index].worker == none) return false;
  bool by_second = tasks[index].doubled && extras[tasks[index].extras].second == parent.attempt;
  if (tasks[index].attempt != parent.attempt && !by_second) return false;
  auto& above = extras_of(tasks[index]);
  auto& below = extras_of(tasks[child]);
  below.parent = index;
  below.submitter = by.value;
  below.submitted_as = as;
  below.prev_child = above.last_child;
  (above.last_child == none ? above.first_child : extras[tasks[above.last_child].extras].next_child) = child;
  above.last_child = child;
  tasks[child].order = tasks[index].order;
  return tasks[index].state == task_stage::cancelled;
}

void scheduler_core::state::mark_pending(std::uint32_t task, bool revive) {
  auto& record = tasks[task];
  set_state(record, task_stage::waiting);
  to_make_pending.push_back(task);
  if (!revive) return;
  for (auto e = record.first_dep; e != none; e = edges[e].next_dep) {
    if (edges[e].dep != none) ++tasks[edges[e].dep].live_dependents;
  }
}

void scheduler_core::state::make_pending(std::uint32_t task, bool revive) {
  mark_pending(task, revive);
  count_pending();
}

void scheduler_core::state::count_pending() {
  while (!to_make_pending.empty()) {
    auto next = to_make_pending.back();
    to_make_pending.pop_back();
    // It may have failed with a dependency that came before it.
    if (tasks[next].state == task_stage::waiting) count_dependencies(next);
  }
}

void scheduler_core::state::count_dependencies(std::uint32_t task) {
  auto& record = tasks[task];
  record.waiting_on = 0;
  auto error = none;
  bool cancelled = false;
  for (auto e = record.first_dep; e != none; e = edges[e].next_dep) {
    if (edges[e].dep == none) continue;
    auto const& dep = tasks[edges[e].dep];
    if (dep.state == task_stage::memory) continue;
    ++record.waiting_on;
    if (dep.state == task_stage::released && dep.payload)
      mark_pending(edges[e].dep, true);
    else if (dep.state == task_stage::released && error == none)
      error = make_error({}, error_cause::lost_data, edges[e].dep, {});
    else if (dep.state == task_stage::erred && error == none)
      error = dep.error;
    if (dep.state == task_stage::cancelled) cancelled = true;
  }
  if (error != none) {
    fail_tree(task, error);
  } else if (cancelled) {
    cancel_tree(task, cancel_reason::dependency);
  } else if (record.waiting_on == 0) {
    enqueue(task);
  } else {
    note_ahead(task);
  }
}

void scheduler_core::state::drop_payload_of(task_record& task) {
  if (!task.payload) return;
  payloads_to_drop.push_back(std::exchange(task.payload, {}));
  --stats.payloads;
}

}  // namespace troupe::detail
