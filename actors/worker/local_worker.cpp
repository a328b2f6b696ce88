#include <troupe/actors/functions/builtin.hpp>
#include <troupe/actors/scheduler/internal/scheduler_actor.hpp>
#include <troupe/actors/worker/internal/local_worker.hpp>
#include <troupe/actors/worker/internal/plugin_run.hpp>
#include <troupe/actors/worker/internal/run_on_pool.hpp>
#include <troupe/actors/worker/internal/upload_store.hpp>
#include <troupe/actors/worker/log.hpp>

#include <memory>
#include <utility>

namespace troupe::detail {

local_worker::local_worker(setup with) : with_(std::move(with)) {
  keep_builtin_functions();
  auto& services = *with_.services;
  services.wake = [me = self(this)](bool now) { now ? me.send_now(look{}) : me.send(look{}); };
}

local_worker::~local_worker() { with_.services->seats.close(); }

void local_worker::on(worker_welcome message) {
  if (!message.refusal.empty())
    return quit(exit_reason::failed(message.for_good ? std::make_exception_ptr(refused_for_good(message.refusal))
                                                     : std::make_exception_ptr(error(message.refusal))));
  id_ = message.id;
  core_.emplace(id_, with_.limits);
  if (!with_.joined.empty()) log("{}", with_.joined);
}

void local_worker::on(compute_batch&& batch) {
  for (auto& peer : batch.peers) {
    if (peers_.size() <= peer->id.value) peers_.resize(peer->id.value + 1);
    peers_[peer->id.value] = std::move(peer);
  }
  for (std::size_t i = 0; i < batch.orders.size(); ++i)
    batch.orders[i].payload = payload_id{calls_.put(std::move(batch.calls[i]))};
  handle(to_worker::compute{now(), std::move(batch.orders)});
}

void local_worker::on(stop_batch&& batch) { handle(to_worker::stop{now(), std::move(batch.orders)}); }
void local_worker::on(free_batch&& batch) { handle(to_worker::free_data{now(), std::move(batch.tasks)}); }

void local_worker::on(look) {
  take_suspended();
  take_ended();
  tell_who_left();
}

void local_worker::take_suspended() {
  to_worker::suspended event{now(), {}};
  for (work* next = with_.services->suspended.take(); next;) {
    auto& owner = static_cast<execution::suspension&>(*std::exchange(next, next->next)).owner;
    event.items.push_back({owner.order().task, owner.order().attempt});
    owner.release();
  }
  if (!event.items.empty()) handle(std::move(event));
}

void local_worker::take_ended() {
  to_worker::executed event{now(), {}};
  std::vector<to_worker::inputs_lost> unread;
  for (work* next = with_.services->ended.take(); next;) {
    auto& ended = static_cast<execution&>(static_cast<job&>(*std::exchange(next, next->next)));
    auto item = ended.result();
    if (!ended.lost_inputs().empty()) {
      unread.push_back({now(), item.task, item.attempt, std::move(ended.lost_inputs())});
      running_.erase(item.attempt.value);
      continue;
    }
    // It heeded the stop that its worker asked for, and is still wanted by whoever wanted it.
    if (finishing_up_ && item.outcome == run_outcome::cancelled) item.started = false;
    if (item.outcome == run_outcome::done) {
      store_.put(item.task, std::move(ended.value()), item.nbytes);
      if (ended.packed()) packed_[number(item.task)] = std::move(ended.packed());
      if (auto handles = ended.actors_in_value(); !handles.empty()) handles_[number(item.task)] = std::move(handles);
    }
    if (item.outcome == run_outcome::failed) {
      item.error = payload_id{++last_error_};
      errors_[last_error_] = std::move(ended.error());
    }
    running_.erase(item.attempt.value);
    event.items.push_back(item);
  }
  if (!event.items.empty()) handle(std::move(event));
  for (auto& one : unread) handle(std::move(one));
  if (finishing_up_ && running_.empty() && with_.services->seats.idle())
    for (auto& p : std::exchange(finishing_, {})) p.set_value();
}

void local_worker::tell_who_left() {
  if (!finishing_up_) return;
  worker_news news{id_, {}, {}, {}};
  news.report.left = with_.services->seats.take_left();
  if (!news.report.left.empty()) with_.scheduler.send(std::move(news));
}

void local_worker::take_withdrawn() {
  if (withdrawn_.empty()) return;
  for (auto const& item : withdrawn_) running_.erase(item.attempt.value);
  handle(to_worker::executed{now(), std::exchange(withdrawn_, {})});
}

task<std::vector<value_ptr>> local_worker::on(get_values const& request) {
  std::vector<value_ptr> values;
  for (auto task : request.tasks) values.push_back(store_.find(task));
  if (core_ && request.maker && values.size() == 1 && !values.front()) {
    auto made = awaited_.emplace_back(awaited_value{request.maker, request.tasks.front(), {}}).answer.get_future();
    handle(to_worker::watch{now(), request.maker});
    values.front() = co_await std::move(made);
  }
  co_return values;
}

void local_worker::on(actor_calls&& batch) {
  for (auto& call : batch.calls) {
    if (auto seat = with_.services->seats.find(call.actor))
      seat->post(std::move(call));
    else
      call.answer.fail(std::make_exception_ptr(actor_gone("the actor is not on " + with_.services->name)),
                       call_failure::undelivered);
  }
}

void local_worker::on(stop_calls&& batch) {
  for (auto const& item : batch.calls)
    if (auto seat = with_.services->seats.find(item.actor)) seat->stop(item.call);
}

task<upload_state> local_worker::on(give_upload&& given) {
  auto taken = run_on_pool(*with_.services->pool, [services = with_.services, given = std::move(given)] {
    return services->uploads->take(given);
  });
  co_return co_await std::move(taken);
}

task<plugin_taken> local_worker::on(give_plugin&& given) {
  auto services = with_.services;
  if (given.call) {
    auto made = plugin_run::start(*services, std::move(given));
    co_await std::move(made);
  } else {
    static_cast<void>(services->plugins.begin_change(given.name));
    auto removed = run_on_pool(*services->pool, [services, name = std::move(given.name)] {
      worker_context context(*services);
      services->plugins.remove(context, name);
    });
    co_await std::move(removed);
  }
  co_return plugin_taken{};
}

task<void> local_worker::on(finish_up) {
  finishing_up_ = true;
  // What is given back now must not be given to it again.
  with_.scheduler.send(worker_memory{self().id(), told_memory_, true});
  for (auto& [attempt, e] : running_)
    if (e->ask_to_stop()) withdrawn_.push_back(e->result());
  take_withdrawn();
  with_.services->seats.close();
  if (!running_.empty() || !with_.services->seats.idle()) {
    auto ended = finishing_.emplace_back().get_future();
    co_await ended;
  }
  auto torn_down = run_on_pool(*with_.services->pool, [services = with_.services] {
    worker_context context(*services);
    services->plugins.close(context);
  });
  co_await std::move(torn_down);
}

void local_worker::handle(worker_event event) {
  core_->handle(std::move(event), actions_);
  // fetch starts coroutines, which must find the actions done with.
  auto actions = std::exchange(actions_, {});
  for (auto& action : actions) std::visit([this](auto& a) { perform(a); }, action);
  if (first_job_) with_.services->pool->submit(std::exchange(first_job_, nullptr));
  actions.clear();
  if (actions_.empty()) actions_ = std::move(actions);
  take_withdrawn();
  note_load();
  if (store_.bytes_in_memory() > with_.limits.target_bytes) look_at_memory();
}

void local_worker::note_load() noexcept {
  auto& stored = with_.services->stored;
  stored.in_memory.store(store_.bytes_in_memory(), std::memory_order_relaxed);
  stored.most_in_memory.store(store_.most_bytes_in_memory(), std::memory_order_relaxed);
  stored.in_files.store(store_.bytes_spilled(), std::memory_order_relaxed);
  auto statistics = core_->statistics();
  with_.services->running.store(statistics.handed_out - statistics.suspended, std::memory_order_relaxed);
  with_.services->spilling.store(spilling_, std::memory_order_relaxed);
}

void local_worker::perform(by_worker::run& action) {
  std::vector<input> inputs;
  inputs.reserve(action.order.deps.size());
  for (auto const& dep : action.order.deps) inputs.push_back({store_.use(dep.task), dep.last_use});
  // Not sooner: a result can be an argument twice.
  for (auto const& dep : action.order.deps)
    if (dep.last_use) store_.erase(dep.task);
  auto attempt = action.order.attempt.value;
  auto call = *calls_.find(action.order.payload.value);
  auto e = make_intrusive<execution>(*with_.services, std::move(action.order), std::move(call), std::move(inputs));
  if (finishing_up_ && e->drop()) withdrawn_.push_back(e->result());
  if (e->order().aside) {
    with_.services->pool->run_aside(*running_.emplace(attempt, std::move(e)).first->second);
    return;
  }
  e->next = nullptr;
  if (first_job_) {
    last_job_->next = e.get();
  } else {
    first_job_ = e.get();
  }
  last_job_ = e.get();
  running_.emplace(attempt, std::move(e));
}

void local_worker::perform(by_worker::request_stop& action) {
  auto found = running_.find(action.order.attempt.value);
  if (found == running_.end()) return;
  auto& e = *found->second;
  if (action.order.only_if_unstarted ? e.drop() : e.ask_to_stop()) withdrawn_.push_back(e.result());
}

void local_worker::perform(by_worker::fetch& action) { start(fetch(std::move(action))); }

void local_worker::perform(by_worker::watched_ended& action) {
  for (auto at = awaited_.begin(); at != awaited_.end();) {
    if (at->maker != action.attempt) {
      ++at;
      continue;
    }
    // As it is about to be reported it needs no encoding.
    auto packed = packed_.find(number(at->task));
    at->answer.set_value(packed == packed_.end() ? store_.find(at->task) : packed->second);
    at = awaited_.erase(at);
  }
}

task<void> local_worker::fetch(by_worker::fetch what) {
  auto const& [from, tasks, maker, large] = what;
  to_worker::fetched arrived{now(), from, {}};
  to_worker::fetch_failed missing{now(), from, {}};
  to_worker::fetch_refused refused{now(), from, {}};
  auto peer = from.value < peers_.size() ? peers_[from.value] : nullptr;
  try {
    if (!peer) throw actor_gone("it is not known");
    auto asked = peer->values.ask(get_values{tasks, maker, large});
    auto values = co_await std::move(asked);
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      auto const* why = values[i] ? why_unreadable(*values[i]) : nullptr;
      if (why) {
        refused.items.push_back({tasks[i], *why});
      } else if (values[i]) {
        auto nbytes = values[i]->nbytes();
        arrived.items.push_back({tasks[i], nbytes});
        store_.put(tasks[i], std::move(values[i]), nbytes);
      } else {
        missing.tasks.push_back(tasks[i]);
      }
    }
  } catch (error const& problem) {
    // Whoever needs them goes without, and the scheduler hears who could not give them.
    log("{} values cannot be fetched from {}: {}", tasks.size(), peer ? peer->name : "a worker", problem.what());
    missing.tasks = tasks;
  }
  if (!arrived.items.empty()) handle(std::move(arrived));
  if (!missing.tasks.empty()) handle(std::move(missing));
  if (!refused.items.empty()) handle(std::move(refused));
}

void local_worker::perform(by_worker::report& action) {
  worker_news news;
  news.worker = id_;
  for (auto const& item : action.items.done) {
    news.values.push_back(value_to_report(item.task));
    if (auto found = handles_.find(number(item.task)); found != handles_.end())
      action.items.handles.push_back({item.task, item.attempt, std::move(found->second)});
  }
  packed_.clear();
  handles_.clear();
  for (auto const& item : action.items.failed) {
    auto found = errors_.find(item.error.value);
    news.errors.push_back(std::move(found->second));
    errors_.erase(found);
  }
  news.report = std::move(action.items);
  with_.scheduler.send(std::move(news));
  tell_who_left();
}

value_ptr local_worker::value_to_report(task_id task) {
  // Who made an actor learns where it is.
  if (with_.services->seats.note_reported(task)) return nullptr;
  if (with_.services->pack_up_to == 0) return store_.find(task);
  auto found = packed_.find(number(task));
  return found == packed_.end() ? nullptr : found->second;
}

void local_worker::perform(by_worker::drop_data& action) {
  for (auto task : action.tasks) {
    store_.erase(task);
    with_.services->seats.drop(task);
  }
}

void local_worker::perform(by_worker::drop_payloads& action) {
  for (auto id : action.payloads) calls_.drop(id.value);
}

}  // namespace troupe::detail
