#include "simulation.hpp"

#include <algorithm>
#include <iterator>

namespace troupe::test {

namespace by_worker = detail::by_worker;

simulation::worker_side* simulation::find(worker_id id) {
  for (auto& worker : workers_) {
    if (worker->id == id) return worker.get();
  }
  return nullptr;
}

void simulation::add_worker() {
  workers_.push_back(std::make_unique<worker_side>());
  auto& worker = *workers_.back();
  worker.session = ++sessions_;
  worker.nthreads = 1 + dice_.below(3);
  detail::to_scheduler::add_worker added{now_, worker.session, "worker", static_cast<std::uint32_t>(worker.nthreads),
                                         0};
  if (options_.mixed_builds && !winding_down_ && dice_.percent(50)) {
    worker.lacks = function_id{static_cast<std::uint32_t>(dice_.below(functions))};
    added.lacks.push_back(*worker.lacks);
  }
  to_scheduler(std::move(added));
}

void simulation::remove_worker() {
  std::vector<worker_side*> alive;
  for (auto& worker : workers_) {
    if (worker->alive) alive.push_back(worker.get());
  }
  auto& gone = *alive[dice_.below(alive.size())];
  ++seen_.removed_workers;
  gone.alive = false;
  gone.up.messages.clear();
  gone.down.messages.clear();
  for (auto& running : gone.executor) release(running->client, running->children);
  gone.executor.clear();
  for (auto const& [maker, waiter] : std::exchange(gone.awaited, {}))
    answer_fetch(waiter.first, {gone.id, {waiter.second}, maker});
  control_.messages.push_back([this, id = gone.id] { to_scheduler(detail::to_scheduler::remove_worker{now_, id}); });
}

void simulation::to_worker(worker_side& worker, detail::worker_event event) {
  if (!worker.alive) return;
  std::vector<detail::worker_action> actions;
  bool twice = dice_.percent(15);
  worker.core->handle(event, actions);
  worker.core->validate();
  if (twice) {
    auto before = worker.core->statistics();
    worker.core->handle(std::move(event), actions);
    worker.core->validate();
    auto after = worker.core->statistics();
    expect(before.stored == after.stored && before.waiting == after.waiting && before.handed_out == after.handed_out &&
               before.fetching == after.fetching && before.to_fetch == after.to_fetch,
           "an event that came twice counted twice");
  }
  for (auto& action : actions) std::visit([&](auto& a) { carry_out(worker, a); }, action);
}

void simulation::carry_out(worker_side& worker, by_worker::run& action) {
  auto running = std::make_unique<running_call>();
  auto what = worker.calls.find(action.order.payload.value);
  expect(what != worker.calls.end(), "a worker runs a call it dropped");
  running->what = what->second;
  for (auto const& dep : action.order.deps) {
    auto value = worker.store.find(dep.task);
    expect(value != worker.store.end(), "a dependency is not in the store");
    running->values.push_back(value->second);
    if (dep.last_use) worker.store.erase(value);
  }
  running->order = std::move(action.order);
  worker.executor.push_back(std::move(running));
}

void simulation::carry_out(worker_side& worker, by_worker::request_stop& action) {
  for (auto& running : worker.executor) {
    if (running->order.attempt == action.order.attempt && (!action.order.only_if_unstarted || !running->started)) {
      running->stop_requested = true;
    }
  }
}

void simulation::carry_out(worker_side& worker, by_worker::fetch& action) {
  note_fetch(worker, action);
  worker.to_peer[{action.from, action.large}].messages.push_back([this, asker = worker.id, what = action] {
    auto& peer = *find(what.from);
    if (!what.maker || !peer.alive || peer.store.contains(what.tasks.front())) return answer_fetch(asker, what);
    peer.awaited.emplace(what.maker, std::pair(asker, what.tasks.front()));
    to_worker(peer, detail::to_worker::watch{now_, what.maker});
  });
}

void simulation::note_fetch(worker_side& worker, by_worker::fetch const& action) {
  if (action.maker) return;
  expect(worker.asked.insert({action.from, action.large}).second, "a peer is asked before it has answered");
  if (worker.asked.contains({action.from, !action.large})) ++seen_.side_by_side;
  if (action.large) ++seen_.large_fetches;
}

void simulation::carry_out(worker_side& worker, by_worker::watched_ended& action) {
  auto [begin, end] = worker.awaited.equal_range(action.attempt);
  std::vector<std::pair<worker_id, task_id>> waiters;
  for (auto at = begin; at != end; ++at) waiters.push_back(at->second);
  worker.awaited.erase(begin, end);
  for (auto const& [asker, task] : waiters) {
    ++seen_.awaited;
    answer_fetch(asker, {worker.id, {task}, action.attempt});
  }
}

void simulation::answer_fetch(worker_id asker, by_worker::fetch const& what) {
  auto& peer = *find(what.from);
  std::vector<std::pair<task_id, std::uint64_t>> found;
  std::vector<task_id> missing;
  std::vector<detail::refused_item> refused;
  for (auto task : what.tasks) {
    auto value = peer.store.find(task);
    bool fails = !winding_down_ && options_.fail_fetches && dice_.percent(3);
    if (!peer.alive || value == peer.store.end() || fails) {
      missing.push_back(task);
    } else if (!winding_down_ && options_.fail_fetches && dice_.percent(1)) {
      refused.push_back({task, "cannot encode it"});
    } else {
      found.emplace_back(task, value->second);
    }
  }
  auto answer = [this, asker, from = what.from, found, missing, refused, made = !what.maker, large = what.large] {
    auto& worker = *find(asker);
    if (!worker.alive) return;
    if (made) worker.asked.erase({from, large});
    if (!found.empty()) {
      std::vector<detail::fetched_item> items;
      for (auto const& [task, value] : found) {
        worker.store[task] = value;
        worker.lost.erase(task);
        items.push_back({task, value % 100});
        ++seen_.fetched;
      }
      to_worker(worker, detail::to_worker::fetched{now_, from, items});
    }
    if (!missing.empty()) to_worker(worker, detail::to_worker::fetch_failed{now_, from, missing});
    if (!refused.empty()) to_worker(worker, detail::to_worker::fetch_refused{now_, from, refused});
  };
  peer.to_peer[{asker, what.large}].messages.push_back(std::move(answer));
}

void simulation::carry_out(worker_side& worker, by_worker::report& action) {
  seen_.missing += action.items.missing.size();
  seen_.unreadable += action.items.unreadable.size();
  seen_.lost_values += action.items.lost.size();
  worker.up.messages.push_back([this, id = worker.id, items = action.items]() mutable {
    auto name_error = [this](auto& item) {
      item.error = {++payloads_};
      errors_.insert(payloads_);
    };
    std::for_each(items.lost.begin(), items.lost.end(), name_error);
    std::for_each(items.failed.begin(), items.failed.end(), name_error);
    std::for_each(items.unreadable.begin(), items.unreadable.end(), name_error);
    to_scheduler(detail::to_scheduler::report{now_, id, items});
  });
}

void simulation::carry_out(worker_side& worker, by_worker::drop_data& action) {
  for (auto task : action.tasks) worker.store.erase(task);
}

void simulation::carry_out(worker_side& worker, by_worker::drop_payloads& action) {
  for (auto payload : action.payloads) worker.calls.erase(payload.value);
}

bool simulation::any_executor_step() {
  auto first = dice_.below(workers_.size());
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    auto& worker = *workers_[(first + i) % workers_.size()];
    if (worker.alive && executor_step(worker)) return true;
  }
  return false;
}

bool simulation::executor_step(worker_side& worker) {
  std::size_t busy = 0;
  std::vector<std::size_t> may_end;
  std::size_t next = worker.executor.size();
  for (std::size_t i = 0; i < worker.executor.size(); ++i) {
    auto const& running = *worker.executor[i];
    if (running.started && !running.suspended) ++busy;
    if (running.started && children_ended(running)) may_end.push_back(i);
    if (!running.started && running.stop_requested) may_end.push_back(i);
    if (!running.started && !running.stop_requested &&
        (next == worker.executor.size() || running.order.priority > worker.executor[next]->order.priority)) {
      next = i;
    }
  }
  if (busy < worker.nthreads && next < worker.executor.size() && (may_end.empty() || dice_.percent(50))) {
    if (options_.lose_values && !winding_down_ && !worker.executor[next]->order.deps.empty() && dice_.percent(5)) {
      lose_inputs(worker, next);
      return true;
    }
    begin_call(worker, *worker.executor[next]);
    return true;
  }
  if (may_end.empty()) return false;
  end_call(worker, may_end[dice_.below(may_end.size())]);
  return true;
}

void simulation::lose_value() {
  auto& worker = *workers_[dice_.below(workers_.size())];
  if (!worker.alive || worker.store.empty()) return;
  auto at = std::next(worker.store.begin(), static_cast<std::ptrdiff_t>(dice_.below(worker.store.size())));
  worker.lost.insert(at->first);
  to_worker(worker, detail::to_worker::lost{now_, {{at->first, "its file is gone"}}});
}

void simulation::lose_inputs(worker_side& worker, std::size_t index) {
  auto ended = std::move(worker.executor[index]);
  worker.executor.erase(worker.executor.begin() + static_cast<std::ptrdiff_t>(index));
  detail::to_worker::inputs_lost event{now_, ended->order.task, ended->order.attempt, {}};
  for (auto const& dep : ended->order.deps) {
    if (!event.values.empty() && dice_.percent(70)) continue;
    worker.lost.insert(dep.task);
    event.values.push_back({dep.task, "its file is gone"});
  }
  ++seen_.inputs_lost;
  to_worker(worker, std::move(event));
}

void simulation::begin_call(worker_side& worker, running_call& call_in_hand) {
  call_in_hand.started = true;
  auto const& what = call_in_hand.what;
  if (what.children == 0) return;
  call_in_hand.client = dice_.below(clients_.size());
  std::vector<detail::submitted_task> tasks;
  auto parent = detail::submitted_parent{call_in_hand.order.task, call_in_hand.order.attempt};
  for (std::size_t i = 0; i < what.children; ++i) {
    tasks.push_back(make_task(*clients_[call_in_hand.client], what.depth + 1, parent, call_in_hand.children));
    call_in_hand.children.push_back(tasks.back().ref);
    ++seen_.children;
  }
  send_submit(call_in_hand.client, std::move(tasks));
  call_in_hand.suspended = true;
  auto order = call_in_hand.order;
  to_worker(worker, detail::to_worker::suspended{now_, {{order.task, order.attempt}}});
}

bool simulation::children_ended(running_call const& call_in_hand) const {
  auto const& client = *clients_[call_in_hand.client];
  return call_in_hand.stop_requested ||
         std::all_of(call_in_hand.children.begin(), call_in_hand.children.end(), [&](client_ref ref) {
           return !current(client, ref) || client.futures[ref.index].state != outcome::pending;
         });
}

void simulation::end_call(worker_side& worker, std::size_t index) {
  auto ended = std::move(worker.executor[index]);
  worker.executor.erase(worker.executor.begin() + static_cast<std::ptrdiff_t>(index));
  release(ended->client, ended->children);

  detail::executed_item item;
  item.task = ended->order.task;
  item.attempt = ended->order.attempt;
  item.started = ended->started;
  item.start = now_;
  item.stop = now_ + std::chrono::microseconds(dice_.below(2000));
  if (!ended->started || (ended->stop_requested && dice_.percent(60)) || ended->what.cancels_itself) {
    item.outcome = detail::run_outcome::cancelled;
  } else if (ended->order.attempt_number <= ended->what.failures) {
    item.outcome = detail::run_outcome::failed;
    if (ended->order.attempt_number > 1) ++seen_.retried;
  } else {
    auto value = ended->what.serial;
    for (auto v : ended->values) value = value * 1000003 + v;
    expect(value == right_values_[item.task], "a call got wrong values");
    item.nbytes = value % 100;
    worker.store[item.task] = value;
    worker.lost.erase(item.task);
  }
  to_worker(worker, detail::to_worker::executed{now_, {item}});
}

}  // namespace troupe::test
