#include <troupe/actors/scheduler/internal/state.hpp>

namespace troupe::detail {

std::uint64_t scheduler_core::stored_bytes(worker_id worker) const {
  auto const& workers = state_->workers;
  return worker.value < workers.size() && workers[worker.value] ? workers[worker.value]->stored_bytes : 0;
}

std::size_t scheduler_core::tasks_on(worker_id worker) const {
  auto const& workers = state_->workers;
  return worker.value < workers.size() && workers[worker.value] ? workers[worker.value]->tasks : 0;
}

task_id scheduler_core::find(client_id client, client_ref ref) const { return state_->find(client, ref); }

std::optional<data_record> scheduler_core::data(task_id task) const {
  auto index = state_->find(task);
  return index == none ? std::nullopt : std::optional(state_->describe_data(index));
}

std::vector<std::pair<std::uint64_t, data_record>> scheduler_core::all_tasks() const {
  std::vector<std::pair<std::uint64_t, data_record>> all;
  for (std::uint32_t task = 0; task < state_->tasks.end(); ++task)
    if (auto const& record = state_->tasks[task]; record.in_use)
      all.emplace_back(record.serial, state_->describe_data(task));
  return all;
}

std::vector<data_record> scheduler_core::all_data() const {
  std::vector<data_record> all;
  for (std::uint32_t task = 0; task < state_->tasks.end(); ++task) {
    auto const& record = state_->tasks[task];
    if (record.in_use && record.state == task_stage::memory && !record.seated)
      all.push_back(state_->describe_data(task));
  }
  return all;
}

task_id scheduler_core::state::find(client_id client, client_ref ref) const {
  if (client.value >= clients.size() || !clients[client.value]) return {};
  auto const& slots = clients[client.value]->slots;
  if (ref.index >= slots.size()) return {};
  auto const& slot = slots[ref.index];
  return slot.task != none && slot.generation == ref.generation ? id_of(slot.task) : task_id{};
}

data_record scheduler_core::state::describe_data(std::uint32_t task) const {
  auto const& record = tasks[task];
  data_record found{id_of(task), record.state, record.function, record.payload, {}, record.nbytes, record.seated, {}};
  if (record.extras != none) found.key = extras[record.extras].key;
  if (record.state != task_stage::memory) found.nbytes = 0;
  if (record.holder != none) found.workers.push_back({record.holder});
  for_each_further(record, [&](std::uint32_t worker) { found.workers.push_back({worker}); });
  return found;
}

void scheduler_core::state::on(to_scheduler::refer& e) {
  auto* client = find(e.client);
  if (!client) return;
  if (is_too_far(*client, e.ref))
    return emit(by_scheduler::task_cancelled{e.client, e.ref, {}, cancel_reason::bad_reference});
  auto* free_slot = take_slot(*client, e.ref);
  if (!free_slot) return;
  auto task = find(e.task);
  // An abandoned attempt may use up what it depends on.
  if (task == none || tasks[task].abandoned || (tasks[task].state == task_stage::released && !tasks[task].payload))
    return emit(by_scheduler::task_cancelled{e.client, e.ref, {}, cancel_reason::bad_reference});
  subscribe(task, e.client, e.ref, *free_slot);
  auto stage = tasks[task].state;
  if (!e.key.empty() && stage != task_stage::cancelled && !keys.contains(e.key)) {
    auto& key = extras_of(tasks[task]).key;
    if (key.empty()) keys.emplace(key = std::move(e.key), task);
  }
  if (stage == task_stage::released)
    make_pending(task, true);
  else if (!unfinished(stage))
    notify_one(task, e.client, e.ref, cancel_reason::requested);
}

void scheduler_core::state::on(to_scheduler::drop_copy& e) {
  auto task = find(e.task);
  auto* worker = find(e.worker);
  if (task == none || !worker) return;
  auto& record = tasks[task];
  if (record.more_holders == none || !holds(task, worker->id)) return;
  // Whoever was told that it is at its last use may have taken it already.
  for (auto edge = record.first_dependent; edge != none; edge = edges[edge].next_dependent)
    if (tasks[edges[edge].dependent].state == task_stage::processing) return;
  bool first = record.holder == worker->id;
  remove_copy(task, *worker);
  free_at(*worker, e.task);
  // It is the one that clients were told of.
  if (first) notify(task);
}

void scheduler_core::state::on(to_scheduler::retire& e) {
  auto* worker = find(e.worker);
  if (!worker || worker->retiring == e.on) return;
  worker->retiring = e.on;
  count_staying(*worker, !e.on);
  load_changed(*worker);
  if (e.on) {
    unmatch(*worker);
    match_those_that_go_elsewhere();
  } else {
    match(*worker);
  }
  if (e.on) recall_all(*worker);
}

bool scheduler_core::state::is_too_far(client_record const& client, client_ref ref) {
  return ref.index >= max_references || ref.index > client.slots.size() + max_gap;
}

client_record::slot* scheduler_core::state::take_slot(client_record& client, client_ref ref) {
  if (is_too_far(client, ref)) return nullptr;
  if (ref.index >= client.slots.size()) client.slots.resize(ref.index + 1);
  auto& slot = client.slots[ref.index];
  if (ref.generation <= slot.generation) return nullptr;
  if (slot.task != none) unsubscribe(slot);
  slot.generation = ref.generation;
  return &slot;
}

}  // namespace troupe::detail
