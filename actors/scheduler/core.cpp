#include <troupe/actors/scheduler/core.hpp>
#include <troupe/actors/scheduler/internal/state.hpp>

#include <algorithm>
#include <cmath>
#include <tuple>

namespace troupe::detail {

scheduler_core::scheduler_core(scheduler_options options) : state_(std::make_unique<state>(options)) {}
scheduler_core::scheduler_core(scheduler_core&&) noexcept = default;
scheduler_core& scheduler_core::operator=(scheduler_core&&) noexcept = default;
scheduler_core::~scheduler_core() = default;

void scheduler_core::handle(scheduler_event event, std::vector<scheduler_action>& out) { state_->handle(event, out); }
std::optional<time_point> scheduler_core::next_deadline() {
  auto look = state_->next_look_at_demands();
  if (state_->uneven()) look = std::min(look, state_->next_steal);
  look = std::min(look, state_->next_watched());
  auto deadline = state_->next_deadline();
  return look == time_point::max() ? deadline : std::min(look, deadline.value_or(look));
}
scheduler_options const& scheduler_core::options() const { return state_->options; }
scheduler_statistics scheduler_core::statistics() const { return state_->stats; }
void scheduler_core::validate() const { state_->validate(); }

void scheduler_core::state::handle(scheduler_event& event, std::vector<scheduler_action>& to) {
  out = &to;
  std::visit(
      [this](auto& e) {
        now = e.now;
        on(e);
      },
      event);
  place_bound();
  settle();
  send_frees();
  place_constrained();
  place_all();
  give_ahead();
  steal();
  speculate();
  send_drops();
}

void scheduler_core::state::on(to_scheduler::add_client& e) {
  auto [known, added] = client_sessions.try_emplace(e.session, client_id{static_cast<std::uint32_t>(clients.size())});
  if (added) {
    auto client = std::make_unique<client_record>();
    client->session = e.session;
    client->name = std::move(e.name);
    clients.push_back(std::move(client));
    ++stats.clients;
  }
  emit(by_scheduler::client_added{e.session, known->second});
}

void scheduler_core::state::on(to_scheduler::remove_client& e) {
  auto* client = find(e.client);
  if (!client) return;
  for (auto& slot : client->slots) {
    if (slot.task != none) unsubscribe(slot);
  }
  client_sessions.erase(client->session);
  clients[e.client.value].reset();
  --stats.clients;
}

void scheduler_core::state::on(to_scheduler::add_worker& e) {
  auto [known, added] = worker_sessions.try_emplace(e.session, worker_id{static_cast<std::uint32_t>(workers.size())});
  if (added) {
    auto worker = std::make_unique<worker_record>();
    worker->session = e.session;
    worker->name = std::move(e.name);
    worker->id = known->second.value;
    worker->nthreads = std::max<std::uint32_t>(e.nthreads, 1);
    worker->memory_limit = e.memory_limit;
    if (e.memory_limit > 0)
      worker->memory_target = static_cast<std::uint64_t>(static_cast<double>(e.memory_limit) * options.memory_target);
    worker->address = std::move(e.address);
    settle_in(*worker);
    size_window(*worker);
    for (auto& r : e.resources)
      if (std::isfinite(r.amount) && r.amount > 0) worker->resources.push_back(make_resource(std::move(r)));
    workers.push_back(std::move(worker));
    ++stats.workers;
    count_staying(*workers.back(), true);
    usual_threads = workers.back()->nthreads;
    stats.threads += workers.back()->nthreads;
    load_changed(*workers.back());
    note_lacking(*workers.back(), e.lacks);
    match(*workers.back());
  }
  emit(by_scheduler::worker_added{e.session, known->second});
}

void scheduler_core::state::on(to_scheduler::release& e) {
  auto* client = find(e.client);
  if (!client) return;
  for (auto ref : e.refs) {
    if (auto* slot = find_slot(*client, ref)) unsubscribe(*slot);
  }
}

void scheduler_core::state::on(to_scheduler::cancel& e) {
  auto* client = find(e.client);
  if (!client) return;
  for (auto ref : e.refs) {
    if (auto* slot = find_slot(*client, ref)) cancel_tree(slot->task, cancel_reason::requested);
  }
}

void scheduler_core::state::on(to_scheduler::tick& e) {
  say_what_is_unmet();
  while (auto at = next_deadline()) {
    if (*at > e.now) return;
    cancel_tree(deadlines.front().task, cancel_reason::deadline);
  }
}

client_record* scheduler_core::state::find(client_id client) {
  return client.value < clients.size() ? clients[client.value].get() : nullptr;
}

worker_record* scheduler_core::state::find(worker_id worker) {
  return worker.value < workers.size() ? workers[worker.value].get() : nullptr;
}

std::uint32_t scheduler_core::state::find(task_id task) const {
  if (task.index >= tasks.end()) return none;
  auto const& record = tasks[task.index];
  return record.in_use && record.generation == task.generation ? task.index : none;
}

client_record::slot* scheduler_core::state::find_slot(client_record& client, client_ref ref) {
  if (ref.index >= client.slots.size()) return nullptr;
  auto& slot = client.slots[ref.index];
  return slot.task != none && slot.generation == ref.generation ? &slot : nullptr;
}

void scheduler_core::state::set_state(task_record& task, task_stage to) {
  --stats.tasks_in[static_cast<std::size_t>(task.state)];
  ++stats.tasks_in[static_cast<std::size_t>(to)];
  ++stats.transitions;
  if (task.state == task_stage::queued) count_queued(task.function, -1);
  if (to == task_stage::queued) count_queued(task.function, 1);
  auto worker = to == task_stage::processing ? task.worker : to == task_stage::memory ? task.holder : none;
  task_transition const what{now, task.state, to, {worker}, task.attempt_number};
  log.add(task.serial, what);
  if (observed) transitions.push_back({task.serial, {task.wanter}, task.wanter_ref, what});
  task.state = to;
}

task_extras& scheduler_core::state::extras_of(task_record& task) {
  if (task.extras == none) {
    task.extras = extras.take();
    extras[task.extras] = {};
  }
  return extras[task.extras];
}

namespace {
auto const sooner_on_top = [](auto const& a, auto const& b) {
  return std::tie(a.at, a.serial) > std::tie(b.at, b.serial);
};
}  // namespace

bool scheduler_core::state::stale(deadline_entry const& entry) const {
  auto const& task = tasks[entry.task];
  return !task.has_deadline || task.serial != entry.serial;
}

void scheduler_core::state::add_deadline(std::uint32_t task, time_point deadline) {
  extras_of(tasks[task]).deadline = deadline;
  tasks[task].has_deadline = true;
  ++live_deadlines;
  deadlines.push_back({deadline, tasks[task].serial, task});
  std::push_heap(deadlines.begin(), deadlines.end(), sooner_on_top);
}

void scheduler_core::state::drop_deadline(task_record& task) {
  if (!task.has_deadline) return;
  task.has_deadline = false;
  --live_deadlines;
  if (deadlines.size() <= 2 * live_deadlines + 64) return;
  std::erase_if(deadlines, [this](deadline_entry const& entry) { return stale(entry); });
  std::make_heap(deadlines.begin(), deadlines.end(), sooner_on_top);
}

std::optional<time_point> scheduler_core::state::next_deadline() {
  while (!deadlines.empty() && stale(deadlines.front())) {
    std::pop_heap(deadlines.begin(), deadlines.end(), sooner_on_top);
    deadlines.pop_back();
  }
  if (deadlines.empty()) return std::nullopt;
  return deadlines.front().at;
}

void scheduler_core::state::send_frees() {
  for (auto id : workers_to_tell) {
    if (auto* worker = workers[id].get()) {
      emit(by_scheduler::free_data{{id}, std::exchange(worker->to_free, {})});
      // Its memory may have been what kept tasks away.
      if (worker->memory_limit > 0) load_changed(*worker);
    }
  }
  workers_to_tell.clear();
}

void scheduler_core::state::send_drops() {
  if (!payloads_to_drop.empty()) emit(by_scheduler::drop_payloads{std::exchange(payloads_to_drop, {})});
  if (!errors_to_drop.empty()) emit(by_scheduler::drop_errors{std::exchange(errors_to_drop, {})});
}

}  // namespace troupe::detail
