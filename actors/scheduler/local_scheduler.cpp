#include <troupe/actors/client/internal/client_actor.hpp>
#include <troupe/actors/scheduler/internal/actor_desk.hpp>
#include <troupe/actors/scheduler/internal/at_grown.hpp>
#include <troupe/actors/scheduler/internal/coordination_desk.hpp>
#include <troupe/actors/scheduler/internal/data_desk.hpp>
#include <troupe/actors/scheduler/internal/event_desk.hpp>
#include <troupe/actors/scheduler/internal/local_scheduler.hpp>
#include <troupe/actors/scheduler/internal/plugin_desk.hpp>
#include <troupe/actors/scheduler/internal/upload_desk.hpp>
#include <troupe/actors/worker/internal/worker_actor.hpp>
#include <troupe/actors/worker/log.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace troupe::detail {

local_scheduler::local_scheduler(scheduler_options options, std::shared_ptr<scheduler_functions> functions)
    : core_(options),
      own_functions_(std::move(functions)),
      desk_(std::make_unique<data_desk>(*this)),
      coordination_(std::make_unique<coordination_desk>([this](scheduler_event event) {
        std::visit([this](auto& e) { e.now = now(); }, event);
        handle(std::move(event));
      })),
      uploads_(std::make_unique<upload_desk>(*this)),
      actors_(std::make_unique<actor_desk>(*this)),
      plugins_(std::make_unique<plugin_desk>(*this)),
      events_(std::make_unique<event_desk>(*this)) {}
local_scheduler::~local_scheduler() = default;

void local_scheduler::on(attach_client&& message) {
  arriving_client_ = std::move(message);
  monitor(arriving_client_.client);
  handle(to_scheduler::add_client{now(), std::uint64_t(arriving_client_.client.id()), arriving_client_.name});
}

void local_scheduler::perform(by_scheduler::client_added& action) {
  if (action.session == data_desk::session) return desk_->admitted_as(action.client);
  client_ids_[action.session] = action.client;
  auto& entry = at_grown(clients_, action.client.value);
  entry.actor = std::exchange(arriving_client_.client, {});
  entry.program = std::move(arriving_client_.program);
  entry.follows_cluster = arriving_client_.follows_cluster;
  if (entry.follows_cluster) entry.actor.send(cluster_changed{info()});
}

void local_scheduler::on(detach_client message) {
  auto known = client_ids_.find(std::uint64_t(message.client));
  if (known == client_ids_.end()) return;
  auto id = known->second;
  client_ids_.erase(known);
  clients_[id.value] = {};
  uploads_->forget(id);
  coordination_->forget(id);
  handle(to_scheduler::remove_client{now(), id});
}

/// After what is in the mailbox already: workers come and go by hundreds, and all of that is one change.
void local_scheduler::cluster_has_changed() {
  if (!std::exchange(cluster_is_news_, true)) self(this).send(tell_of_cluster{});
}

void local_scheduler::on(tell_of_cluster) {
  cluster_is_news_ = false;
  auto now_known = info();
  for (auto const& c : clients_)
    if (c.actor && c.follows_cluster) c.actor.send(cluster_changed{now_known});
}

void local_scheduler::on(down_msg const& message) {
  on(detach_client{message.source});
  uploads_->forget(message.source);
  plugins_->forget(message.source);
  remove_worker(message.source);
}

task<std::vector<value_ptr>> local_scheduler::on(relay_values const& request) {
  std::vector<task_id> tasks(request.tasks.begin(), request.tasks.begin() + count_within(request));
  if (!request.from) return desk_->collect(std::move(tasks));
  return relay({request.from, std::move(tasks)});
}

std::ptrdiff_t local_scheduler::count_within(relay_values const& request) const {
  if (request.at_most == 0) return std::ssize(request.tasks);
  std::uint64_t bytes = 0;
  std::ptrdiff_t count = 0;
  for (auto task : request.tasks) {
    auto known = core_.data(task);
    bytes += known ? known->nbytes : 0;
    if (count > 0 && bytes > request.at_most) break;
    ++count;
  }
  return count;
}

task<std::vector<value_ptr>> local_scheduler::relay(relay_values request) {
  if (request.from.value >= workers_.size() || !workers_[request.from.value].place)
    throw actor_gone("the worker that holds the value has left the cluster");
  auto asked = workers_[request.from.value].actor.ask(get_values{request.tasks});
  co_return co_await std::move(asked);
}

// To a worker that is gone: what is dropped is answered as undelivered.
void local_scheduler::on(relay_calls&& message) {
  if (message.to.value < workers_.size() && workers_[message.to.value].place)
    workers_[message.to.value].actor.send(std::move(message.what));
}

void local_scheduler::on(relay_stop_calls&& message) {
  if (message.to.value < workers_.size() && workers_[message.to.value].place)
    workers_[message.to.value].actor.send(std::move(message.what));
}

task<query_result> local_scheduler::on(query&& asked) {
  if (std::holds_alternative<shut_down>(asked.what)) quit();
  if (auto const* anew = std::get_if<restart_cluster>(&asked.what)) return restart(anew->timeout);
  if (auto const* gone = std::get_if<not_coming_back>(&asked.what)) return await_no_more(gone->worker);
  auto known = client_ids_.find(std::uint64_t(asked.from));
  auto from = known == client_ids_.end() ? client_id{} : known->second;
  if (auto* wish = std::get_if<coordinate>(&asked.what)) {
    if (event_desk::is_wanted_by(*wish)) events_->listen();
    return coordination_->answer(from, std::move(*wish));
  }
  if (actor_desk::is_asked(asked)) return actors_->answer(std::move(asked));
  return upload_desk::is_asked(asked) ? uploads_->answer(from, std::move(asked))
                                      : desk_->answer(from, std::move(asked));
}

std::exception_ptr local_scheduler::lost_data_error(by_scheduler::task_erred const& action) const {
  auto data = core_.data(action.origin);
  auto with = action.worker ? "worker " + workers_[action.worker.value].info.name : std::string("its worker");
  if (data && data->seated)
    return std::make_exception_ptr(actor_gone(
        fmt::format("actor {} was lost with {}, and it may not be restarted (any more)", key_of(*data), with)));
  return std::make_exception_ptr(error("the only copy of the result of " +
                                       (data ? key_of(*data) : std::string("a task")) + " was lost with " + with +
                                       ", and it cannot be computed again"));
}

std::exception_ptr local_scheduler::unreadable_error(unreadable_item const& item) const {
  auto data = core_.data(item.dependency);
  return std::make_exception_ptr(
      error("the result of " + (data ? key_of(*data) : std::string("a task")) + " cannot be read: " + item.problem));
}

std::exception_ptr local_scheduler::lost_value_error(lost_item const& item) const {
  auto data = core_.data(item.task);
  return std::make_exception_ptr(error(fmt::format("the result of {} cannot be computed again: {}",
                                                   data ? key_of(*data) : std::string("a task"), item.problem)));
}

std::string local_scheduler::key_of(data_record const& data) const {
  if (!data.key.empty()) return data.key;
  return make_key(*functions_[data.function.value], task_numbers_[data.task.index]);
}

cluster_info local_scheduler::info() const {
  cluster_info info;
  for (std::uint32_t i = 0; i < workers_.size(); ++i) {
    if (!workers_[i].place) continue;
    info.workers.push_back(workers_[i].info);
    info.workers.back().stored_bytes = core_.stored_bytes({i});
  }
  auto statistics = core_.statistics();
  // Without those that are kept only to be computed again, should something be lost.
  info.tasks = statistics.tasks - statistics.tasks_in[static_cast<std::size_t>(task_stage::released)];
  info.stored_bytes = statistics.stored_bytes;
  return info;
}

void local_scheduler::on(client_batch&& batch) {
  auto known = client_ids_.find(std::uint64_t(batch.from));
  if (known == client_ids_.end()) return;  // it left, and this overtook nothing: its commands are void
  auto call = batch.calls.begin();
  for (auto& event : batch.events) {
    auto set_client = [client = known->second]<class Event>(Event& e) {
      if constexpr (client_event<Event>) e.client = client;
    };
    std::visit(set_client, event);
    if (auto* submit = std::get_if<to_scheduler::submit>(&event)) {
      for (auto& task : submit->tasks) {
        task.function = intern((*call)->function());
        refuse_what_none_can_run(task, (*call)->function(), clients_[known->second.value]);
        task.payload = payload_id{calls_.put(std::move(*call++))};
      }
    }
    core_.handle(std::move(event), actions_);
    events_->look();
  }
  carry_out();
}

function_id local_scheduler::intern(function_info const& function) {
  auto next = std::uint32_t(function_ids_.size());
  auto [known, added] = function_ids_.try_emplace(&function, next);
  if (added) {
    functions_.push_back(&function);
    if (!who_can_run({next}, function).all) tell_who_lacks({next});
  }
  return function_id{known->second};
}

void local_scheduler::on(worker_news&& news) {
  for (std::size_t i = 0; i < news.report.done.size(); ++i) {
    auto task = news.report.done[i].task;
    if (task.index >= task_numbers_.size()) continue;  // no task was ever given to a worker under this number
    at_grown(fresh_, task.index) = {task, std::move(news.values[i])};
    fresh_tasks_.push_back(task);
  }
  for (std::size_t i = 0; i < news.report.failed.size(); ++i)
    news.report.failed[i].error = payload_id{errors_.put(std::move(news.errors[i]))};
  for (auto& item : news.report.lost) item.error = payload_id{errors_.put(lost_value_error(item))};
  for (auto& item : news.report.unreadable) item.error = payload_id{errors_.put(unreadable_error(item))};
  handle(to_scheduler::report{now(), news.worker, std::move(news.report)});
  for (auto task : fresh_tasks_) fresh_[task.index] = {};
  fresh_tasks_.clear();
}

void local_scheduler::on(wake_up) {
  alarm_ = time_point::max();
  handle(to_scheduler::tick{now()});
}

void local_scheduler::handle(scheduler_event event) {
  core_.handle(std::move(event), actions_);
  events_->look();
  carry_out();
}

void local_scheduler::carry_out() {
  for (auto& action : actions_) std::visit([&](auto& a) { this->perform(a); }, action);
  actions_.clear();
  flush();
  keep_time();
  desk_->look();
}

void local_scheduler::perform(by_scheduler::compute& action) {
  auto& worker = at_grown(workers_, action.worker.value);
  introduce_holders(worker, action.order);
  auto const& call = *calls_.find(action.order.payload.value);
  at_grown(task_numbers_, action.order.task.index) = call->task_number();
  worker.compute.calls.push_back(call);
  worker.compute.orders.push_back(std::move(action.order));
  touched_workers_.push_back(action.worker.value);
}

void local_scheduler::introduce_holders(worker_entry& to, compute_order const& order) {
  for (auto const& dep : order.deps)
    for (std::size_t i = 0; i < dep.holder_count; ++i) {
      auto holder = dep.holders[i].value;
      if (to.knows.size() <= holder) to.knows.resize(holder + 1);
      if (to.knows[holder] || !workers_[holder].place) continue;
      to.knows[holder] = true;
      to.compute.peers.push_back(workers_[holder].place);
    }
}

void local_scheduler::perform(by_scheduler::stop_task& action) {
  at_grown(workers_, action.worker.value).stop.orders.push_back(action.order);
  touched_workers_.push_back(action.worker.value);
}

void local_scheduler::perform(by_scheduler::free_data& action) {
  auto& tasks = at_grown(workers_, action.worker.value).free.tasks;
  if (tasks.empty())
    tasks = std::move(action.tasks);
  else
    tasks.insert(tasks.end(), action.tasks.begin(), action.tasks.end());
  touched_workers_.push_back(action.worker.value);
}

void local_scheduler::perform(by_scheduler::drop_payloads& action) {
  for (auto id : action.payloads) calls_.drop(id.value);
}

void local_scheduler::perform(by_scheduler::drop_errors& action) {
  for (auto id : action.errors) errors_.drop(id.value);
}

void local_scheduler::perform(by_scheduler::task_finished& action) {
  if (desk_->is(action.client)) return desk_->ended(action.ref, nullptr);
  value_ptr value;
  if (action.task.index < fresh_.size() && fresh_[action.task.index].first == action.task)
    value = fresh_[action.task.index].second;
  auto at = value ? nullptr : workers_[action.worker.value].place;
  at_grown(clients_, action.client.value)
      .news.items.emplace_back(finished_news{action.ref, std::move(value), std::move(at), action.task, action.nbytes});
  touched_clients_.push_back(action.client.value);
}

void local_scheduler::perform(by_scheduler::task_erred& action) {
  auto* known = errors_.find(action.error.value);
  auto problem = action.cause == error_cause::lost_workers ? lost_workers_error(action)
                 : action.cause == error_cause::other_call ? other_call_error(action)
                 : known                                   ? *known
                                                           : lost_data_error(action);
  if (desk_->is(action.client)) return desk_->ended(action.ref, std::move(problem));
  at_grown(clients_, action.client.value).news.items.emplace_back(failed_news{action.ref, std::move(problem)});
  touched_clients_.push_back(action.client.value);
}

void local_scheduler::perform(by_scheduler::drop_snapshot& action) { actors_->forget(action.actor); }

void local_scheduler::perform(by_scheduler::unmet_demand& action) {
  log("{} tasks wait for what nobody has: {}", action.tasks, action.reason);
}

std::exception_ptr local_scheduler::other_call_error(by_scheduler::task_erred const& action) const {
  auto const& [key, first, second] = *action.clash;
  auto name = [this](function_id function) -> auto const& { return functions_[function.value]->short_name; };
  return std::make_exception_ptr(
      error(fmt::format("the key '{}' is that of a call of {} already: it cannot mean this call of {}{} as well", key,
                        name(first), name(second), first == second ? " with other arguments" : "")));
}

std::exception_ptr local_scheduler::lost_workers_error(by_scheduler::task_erred const& action) const {
  auto known = core_.data(action.origin);
  return std::make_exception_ptr(
      error(fmt::format("{} was running on {} workers that were lost, the last of them {}: it may be what ends them",
                        known ? key_of(*known) : "a task that it depends on", core_.options().allowed_failures + 1,
                        workers_[action.worker.value].info.name)));
}

void local_scheduler::perform(by_scheduler::task_cancelled& action) {
  if (desk_->is(action.client)) return desk_->ended(action.ref, nullptr);
  at_grown(clients_, action.client.value).news.items.emplace_back(cancelled_news{action.ref, action.reason});
  touched_clients_.push_back(action.client.value);
}

void local_scheduler::flush() {
  for (auto index : touched_workers_) {
    auto& w = workers_[index];
    // What is freed is never what a later order makes; a stop may be for an order of this very turn (submit, then
    // cancel).
    if (!w.place) {
      w = {};
      continue;
    }
    if (!w.free.tasks.empty()) w.actor.send(std::exchange(w.free, {}));
    if (!w.compute.orders.empty()) w.actor.send(std::exchange(w.compute, {}));
    if (!w.stop.orders.empty()) w.actor.send(std::exchange(w.stop, {}));
  }
  touched_workers_.clear();
  for (auto index : touched_clients_) {
    auto& c = clients_[index];
    if (!c.news.items.empty()) {
      auto news = std::exchange(c.news, {});
      if (c.actor) c.actor.send(std::move(news));
    }
  }
  touched_clients_.clear();
}

void local_scheduler::keep_time() {
  auto next = core_.next_deadline();
  if (!next || *next >= alarm_) return;
  alarm_ = *next;
  send_after(std::max(alarm_ - now(), duration::zero()), this, wake_up{});
}

}  // namespace troupe::detail
