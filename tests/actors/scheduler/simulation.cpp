#include "simulation.hpp"

#include <algorithm>
#include <stdexcept>

namespace troupe::test {

namespace by_scheduler = detail::by_scheduler;
namespace to_scheduler_events = detail::to_scheduler;

simulation::simulation(std::uint64_t seed, simulation_options options)
    : options_(options), dice_(seed), seed_(seed), scheduler_([&] {
        detail::scheduler_options core;
        core.keep_lineage = options.keep_lineage;
        core.window_limit = 16;
        core.straggler_factor = 1;
        core.straggler_patience = std::chrono::microseconds(100);
        core.allowed_failures = UINT32_MAX;
        return core;
      }()) {
  for (std::size_t i = 0; i < options.clients; ++i) {
    clients_.push_back(std::make_unique<client_side>());
    to_scheduler(to_scheduler_events::add_client{now_, ++sessions_, "client"});
  }
  for (std::size_t i = 0; i < options.workers; ++i) add_worker();
}

simulation::~simulation() = default;

/// Values are of 0 to 99 bytes.
detail::worker_options simulation::limits_of_workers() {
  detail::worker_options limits;
  limits.large_fetch = 60;
  limits.fetch_bytes = 200;
  limits.incoming_bytes = 400;
  limits.incoming_fetches = 4;
  return limits;
}

void simulation::expect(bool holds, char const* what) const {
  if (!holds) throw std::logic_error(std::string("simulation: ") + what);
}

void simulation::run() {
  for (std::size_t step = 0; step < options_.steps; ++step) {
    now_ += std::chrono::microseconds(dice_.below(50));
    auto what = dice_.below(100);
    if (what < 12) {
      client_step();
    } else if (what < 55) {
      deliver_one();
    } else if (what < 97) {
      if (options_.lose_values && dice_.percent(1)) lose_value();
      any_executor_step();
    } else if (what == 97) {
      to_scheduler(to_scheduler_events::tick{now_});
    } else if (options_.restart && dice_.percent(10)) {
      to_scheduler(to_scheduler_events::restart{now_});
    } else if (options_.remove_workers && dice_.percent(20)) {
      remove_worker();
      add_worker();
    }
  }
  winding_down_ = true;
  // The one that has what all others may lack.
  if (options_.mixed_builds) add_worker();
  drain();
  for (auto const& client : clients_) {
    for (auto const& f : client->futures) expect(!f.held || f.state != outcome::pending, "a wanted future never ended");
  }
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    std::vector<client_ref> refs;
    for (std::uint32_t index = 0; index < clients_[i]->futures.size(); ++index) {
      if (clients_[i]->futures[index].held) refs.push_back({index, clients_[i]->generations[index]});
    }
    release(i, std::move(refs));
  }
  drain();
  check_nothing_left();
  seen_.second_attempts = scheduler_.statistics().second_attempts;
  seen_.overtaken = scheduler_.statistics().overtaken;
}

void simulation::drain() {
  for (std::size_t idle = 0; idle < 3;) {
    now_ += std::chrono::microseconds(10);
    bool moved = deliver_one();
    moved = any_executor_step() || moved;
    if (moved) {
      idle = 0;
      continue;
    }
    // Time is all that may still be missing.
    now_ += std::chrono::seconds(10);
    to_scheduler(to_scheduler_events::tick{now_});
    ++idle;
  }
}

void simulation::check_nothing_left() {
  auto left = scheduler_.statistics();
  expect(left.tasks == 0, "the scheduler kept a task");
  expect(left.payloads == 0 && left.errors == 0 && left.dependencies == 0, "the scheduler kept something of a task");
  expect(left.copies == 0 && left.stored_bytes == 0 && left.references == 0,
         "the scheduler counts copies that are gone");
  expect(calls_.empty(), "a call was not dropped");
  expect(errors_.empty(), "an error was not dropped");
  for (auto const& worker : workers_) {
    if (!worker->alive) continue;
    auto kept = worker->core->statistics();
    expect(kept.waiting == 0 && kept.handed_out == 0 && kept.suspended == 0, "a worker kept an execution");
    expect(kept.stored == 0 && kept.stored_bytes == 0, "a worker counts values that are gone");
    expect(kept.fetching == 0 && kept.to_fetch == 0, "a worker still wants a value");
    expect(worker->store.empty(), "a value was not freed");
    expect(worker->calls.empty(), "a worker's call was not dropped");
    expect(worker->executor.empty(), "a call still runs");
    expect(worker->awaited.empty(), "a peer waits for what nobody makes");
  }
}

bool simulation::deliver_one() {
  std::vector<link*> ready;
  auto note = [&ready](link& l) {
    if (!l.messages.empty()) ready.push_back(&l);
  };
  note(control_);
  for (auto& client : clients_) {
    note(client->up);
    note(client->down);
  }
  for (auto& worker : workers_) {
    note(worker->up);
    note(worker->down);
    for (auto& [peer, l] : worker->to_peer) note(l);
  }
  if (ready.empty()) return false;
  auto& from = *ready[dice_.below(ready.size())];
  auto deliver = std::move(from.messages.front());
  from.messages.pop_front();
  deliver();
  return true;
}

// ---- clients

client_ref simulation::new_ref(client_side& client) {
  std::uint32_t index = 0;
  if (client.free_indices.empty()) {
    index = static_cast<std::uint32_t>(client.futures.size());
    client.futures.emplace_back();
    client.generations.push_back(0);
  } else {
    index = client.free_indices.back();
    client.free_indices.pop_back();
    client.futures[index] = {};
  }
  return {index, ++client.generations[index]};
}

bool simulation::current(client_side const& client, client_ref ref) const {
  return client.generations[ref.index] == ref.generation && client.futures[ref.index].held;
}

// A child takes only what its elder siblings make: depending on what waits for its parent, it would wait for itself.
detail::submitted_task simulation::make_task(client_side& client, std::size_t depth,
                                             std::optional<detail::submitted_parent> parent,
                                             std::vector<client_ref> const& siblings) {
  detail::submitted_task task;
  std::vector<std::uint32_t> held;
  for (auto ref : siblings) held.push_back(ref.index);
  for (std::uint32_t i = 0; i < client.futures.size() && !parent; ++i) {
    if (client.futures[i].held) held.push_back(i);
  }
  call what;
  what.serial = ++serials_;
  what.depth = depth;
  if (!held.empty() && dice_.percent(60)) {
    std::set<std::uint32_t> chosen;
    for (std::size_t n = 1 + dice_.below(4); n > 0; --n)
      chosen.insert(held[held.size() - 1 - dice_.below(std::min<std::size_t>(held.size(), 12))]);
    for (auto index : chosen) {
      bool order_only = dice_.percent(15);
      task.deps.push_back({{index, client.generations[index]}, order_only});
      if (!order_only) ++what.values;
    }
  }
  task.ref = new_ref(client);
  task.function = what.function = {static_cast<std::uint32_t>(dice_.below(functions))};
  task.priority = dice_.percent(70) ? 0 : static_cast<std::int32_t>(dice_.below(5)) - 2;
  task.retries = dice_.percent(70) ? 0 : static_cast<std::uint32_t>(dice_.below(3));
  if (dice_.percent(8)) what.failures = 1 + dice_.below(3);
  what.cancels_itself = dice_.percent(2);
  if (depth < 2 && dice_.percent(15)) what.children = 1 + dice_.below(3);
  if (dice_.percent(5)) task.deadline = now_ + std::chrono::microseconds(dice_.below(20000));
  if (dice_.percent(8) && (!parent || (task.deps.empty() && what.children == 0))) {
    task.key = (parent ? "child" : "key") + std::to_string(dice_.below(10));
    if (!keys_.insert(task.key).second) ++seen_.shared_keys;
  }
  task.speculate = options_.speculate && dice_.percent(60);
  task.parent = parent;
  task.payload = {++payloads_};
  calls_[payloads_] = what;
  return task;
}

void simulation::send_submit(std::size_t client, std::vector<detail::submitted_task> tasks) {
  clients_[client]->up.messages.push_back([this, client, tasks = std::move(tasks)] {
    to_scheduler(to_scheduler_events::submit{now_, clients_[client]->id, tasks});
  });
}

void simulation::release(std::size_t client, std::vector<client_ref> refs) {
  auto& side = *clients_[client];
  std::erase_if(refs, [&](client_ref ref) { return !current(side, ref); });
  if (refs.empty()) return;
  for (auto ref : refs) {
    side.futures[ref.index].held = false;
    side.free_indices.push_back(ref.index);
  }
  side.up.messages.push_back(
      [this, client, refs] { to_scheduler(to_scheduler_events::release{now_, clients_[client]->id, refs}); });
}

void simulation::client_step() {
  auto index = dice_.below(clients_.size());
  auto& client = *clients_[index];
  auto random_refs = [&](std::size_t most) {
    std::vector<client_ref> refs;
    for (std::uint32_t i = 0; i < client.futures.size() && refs.size() < most; ++i) {
      if (client.futures[i].held && dice_.percent(20)) refs.push_back({i, client.generations[i]});
    }
    return refs;
  };
  auto what = dice_.below(100);
  if (what < 60) {
    std::vector<detail::submitted_task> tasks;
    for (std::size_t n = 1 + dice_.below(8); n > 0; --n) tasks.push_back(make_task(client, 0, {}, {}));
    send_submit(index, std::move(tasks));
  } else if (what < 93) {
    release(index, random_refs(10));
  } else {
    client.up.messages.push_back([this, index, refs = random_refs(2)] {
      to_scheduler(to_scheduler_events::cancel{now_, clients_[index]->id, refs});
    });
  }
}

void simulation::told(std::size_t client, client_ref ref, outcome what) {
  clients_[client]->down.messages.push_back([this, client, ref, what] {
    auto& side = *clients_[client];
    if (current(side, ref)) side.futures[ref.index].state = what;
  });
}

// ---- scheduler

void simulation::to_scheduler(detail::scheduler_event event) {
  std::vector<detail::scheduler_action> actions;
  bool twice = dice_.percent(15);
  scheduler_.handle(event, actions);
  scheduler_.validate();
  if (twice) {
    auto before = scheduler_.statistics();
    scheduler_.handle(std::move(event), actions);
    scheduler_.validate();
    auto after = scheduler_.statistics();
    expect(before.tasks_in == after.tasks_in && before.transitions == after.transitions &&
               before.references == after.references && before.copies == after.copies &&
               before.payloads == after.payloads,
           "an event that came twice counted twice");
  }
  for (auto& action : actions) std::visit([&](auto& a) { this->carry_out(a); }, action);
}

void simulation::carry_out(by_scheduler::client_added& action) {
  auto index = action.client.value;
  expect(index < clients_.size(), "a client was counted twice");
  clients_[index]->id = action.client;
}

void simulation::carry_out(by_scheduler::worker_added& action) {
  for (auto& worker : workers_) {
    if (worker->session != action.session) continue;
    if (!worker->core) worker->core = std::make_unique<detail::worker_core>(action.worker, limits_of_workers());
    worker->id = action.worker;
  }
}

void simulation::carry_out(by_scheduler::compute& action) {
  auto& order = action.order;
  auto payload = calls_.find(order.payload.value);
  expect(payload != calls_.end(), "a dropped call is to be run");
  expect(order.deps.size() == payload->second.values, "the dependencies are not those of the call");
  auto value = payload->second.serial;
  for (auto const& dep : order.deps) {
    expect(right_values_.contains(dep.task), "a dependency was never computed");
    value = value * 1000003 + right_values_[dep.task];
    expect(dep.holder_count > 0, "nobody holds a dependency");
    if (dep.last_use) ++seen_.moved_values;
    if (dep.maker) ++seen_.given_ahead;
  }
  right_values_[order.task] = value;
  auto* worker = find(action.worker);
  if (!worker) return;
  expect(worker->lacks != payload->second.function, "a worker is to run what it has no function for");
  if (worker->lacks) ++seen_.of_other_build;
  worker->down.messages.push_back([this, worker, order, what = payload->second]() mutable {
    if (!worker->alive) return;
    order.payload = {++payloads_};
    worker->calls[payloads_] = what;
    to_worker(*worker, detail::to_worker::compute{now_, {std::move(order)}});
  });
}

void simulation::carry_out(by_scheduler::stop_task& action) {
  auto* worker = find(action.worker);
  if (!worker) return;
  worker->down.messages.push_back(
      [this, worker, order = action.order] { to_worker(*worker, detail::to_worker::stop{now_, {order}}); });
}

void simulation::carry_out(by_scheduler::free_data& action) {
  auto* worker = find(action.worker);
  if (!worker) return;
  worker->down.messages.push_back(
      [this, worker, tasks = action.tasks] { to_worker(*worker, detail::to_worker::free_data{now_, tasks}); });
}

void simulation::carry_out(by_scheduler::drop_payloads& action) {
  for (auto payload : action.payloads) calls_.erase(payload.value);
}

void simulation::carry_out(by_scheduler::drop_errors& action) {
  for (auto error : action.errors) errors_.erase(error.value);
}

void simulation::carry_out(by_scheduler::task_finished& action) {
  ++seen_.finished;
  auto* worker = find(action.worker);
  expect(worker != nullptr, "a result lies on an unknown worker");
  if (worker->alive && !worker->lost.contains(action.task)) {
    auto value = worker->store.find(action.task);
    expect(value != worker->store.end(), "a result is not where the scheduler says");
    expect(value->second == right_values_[action.task], "a wrong result");
  }
  told(action.client.value, action.ref, outcome::finished);
}

void simulation::carry_out(by_scheduler::task_erred& action) {
  ++(action.cause == detail::error_cause::lost_data ? seen_.lost : seen_.erred);
  if (action.cause == detail::error_cause::lost_data) {
    expect(options_.remove_workers || options_.fail_fetches || options_.lose_values,
           "data was lost although no worker was");
    expect(!action.error || errors_.contains(action.error.value), "the reason of a loss was dropped too early");
  } else {
    expect(errors_.contains(action.error.value), "an error was dropped too early");
    expect(action.attempt_number > 0, "a failure before the first attempt");
  }
  told(action.client.value, action.ref, outcome::erred);
}

void simulation::carry_out(by_scheduler::task_cancelled& action) {
  ++seen_.cancelled;
  expect(action.reason != detail::cancel_reason::bad_reference, "a reference named nothing");
  if (action.reason == detail::cancel_reason::restarted) ++seen_.restarted;
  told(action.client.value, action.ref, outcome::cancelled);
}

}  // namespace troupe::test
