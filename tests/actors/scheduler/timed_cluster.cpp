#include "timed_cluster.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace troupe::test {

using namespace troupe::detail;

client_id timed_cluster::add_client() {
  client_id added{static_cast<std::uint32_t>(next_index_.size())};
  next_index_.push_back(0);
  handle(to_scheduler::add_client{now_, 1000 + added.value, "client"});
  return added;
}

worker_id timed_cluster::add_worker(std::uint32_t nthreads, std::uint64_t memory_limit) {
  worker_id added{static_cast<std::uint32_t>(workers_.size())};
  workers_.emplace_back().free_threads = nthreads;
  handle(to_scheduler::add_worker{now_, 1 + added.value, "worker", nthreads, memory_limit});
  return added;
}

std::uint32_t timed_cluster::submit(client_id client, timed_call call, std::vector<std::uint32_t> const& deps) {
  submit(client, {{call, deps}});
  return next_index_[client.value] - 1;
}

void timed_cluster::submit(client_id client,
                           std::vector<std::pair<timed_call, std::vector<std::uint32_t>>> const& calls) {
  to_scheduler::submit event{now_, client, {}};
  for (auto const& [call, deps] : calls) {
    submitted_task task;
    auto index = next_index_[client.value]++;
    submissions_.push_back({client, index, call});
    task.ref = {index, 1};
    task.payload = {submissions_.size()};
    task.in_order = in_order;
    // One function for each kind of call, so that what is measured of one tells nothing of another.
    task.function = {static_cast<std::uint32_t>(call.takes / std::chrono::microseconds(1) % 1000)};
    for (auto dep : deps) task.deps.push_back({{dep, 1}, false});
    event.tasks.push_back(std::move(task));
  }
  handle(std::move(event));
}

void timed_cluster::release(client_id client, std::vector<std::uint32_t> const& indices) {
  to_scheduler::release event{now_, client, {}};
  for (auto index : indices) event.refs.push_back({index, 1});
  handle(std::move(event));
}

void timed_cluster::run(std::function<bool()> const& done) {
  while (!done()) {
    auto wanted = core_.next_deadline();
    if (wanted && (happenings_.empty() || *wanted < happenings_.top().at)) {
      if (happenings_.empty()) return;
      now_ = std::max(now_, *wanted);
      handle(to_scheduler::tick{now_});
      continue;
    }
    if (happenings_.empty()) return;
    auto next = happenings_.top();
    happenings_.pop();
    now_ = next.at;
    next.what();
  }
}

void timed_cluster::handle(scheduler_event event) {
  std::vector<scheduler_action> actions;
  core_.handle(std::move(event), actions);
  for (auto& action : actions) {
    auto later = now_ + latency;
    if (auto* compute = std::get_if<by_scheduler::compute>(&action)) {
      at(later, [this, id = compute->worker, order = compute->order] { take(id, order); });
    } else if (auto* stop = std::get_if<by_scheduler::stop_task>(&action)) {
      at(later, [this, id = stop->worker, order = stop->order] { withdraw(id, order); });
    } else if (auto* freed = std::get_if<by_scheduler::free_data>(&action)) {
      at(later, [this, id = freed->worker, tasks = freed->tasks] { free(id, tasks); });
    }
  }
}

void timed_cluster::take(worker_id id, compute_order order) {
  auto& here = workers_[id.value];
  auto attempt = order.attempt;
  if (!here.heard) {
    here.heard = attempt;
    here.heard_at = now_;
  }
  auto deps = order.deps;
  auto& missing = here.waiting.emplace(attempt, std::pair(std::move(order), 1)).first->second.second;
  std::uint64_t to_move = 0;
  for (auto const& dep : deps) {
    if (here.stored.contains(dep.task)) continue;
    ++missing;
    if (dep.maker && !workers_[dep.holders[0].value].stored.contains(dep.task)) {
      ++waited_for_;
      awaited_[dep.task].push_back({id, attempt, dep});
      continue;
    }
    to_move += dep.nbytes;
    at(now_ + latency + time_to_move(to_move), [this, id, attempt, dep] { copied(id, attempt, dep); });
  }
  arrived(id, attempt);
}

duration timed_cluster::time_to_move(std::uint64_t nbytes) const {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(static_cast<double>(nbytes) / bytes_per_second * 1e9));
}

void timed_cluster::arrived(worker_id id, attempt_id waiter) {
  auto& here = workers_[id.value];
  auto found = here.waiting.find(waiter);
  if (found == here.waiting.end() || --found->second.second > 0) return;
  auto order = std::move(found->second.first);
  here.waiting.erase(found);
  here.line.emplace(place_in_line{order.priority, order.order, order.attempt}, std::move(order));
  begin_next(id);
}

void timed_cluster::copied(worker_id id, attempt_id waiter, dependency const& value) {
  store(workers_[id.value], value.task, value.nbytes);
  worker_report news;
  news.replicas.push_back({value.task, value.nbytes});
  report(id, std::move(news));
  arrived(id, waiter);
}

void timed_cluster::made(worker_id by, task_id task, std::uint64_t nbytes) {
  auto found = awaited_.extract(task);
  if (!found) return;
  for (auto& one : found.mapped()) {
    if (one.by == by) {
      arrived(by, one.waiter);
      continue;
    }
    one.value.nbytes = nbytes;
    at(now_ + latency + time_to_move(nbytes), [this, one] { copied(one.by, one.waiter, one.value); });
  }
}

void timed_cluster::not_made(task_id task) {
  auto found = awaited_.extract(task);
  if (!found) return;
  for (auto const& one : found.mapped()) {
    auto gone = workers_[one.by.value].waiting.extract(one.waiter);
    if (!gone) continue;
    auto lost = gone.mapped().first.task;
    worker_report news;
    news.missing.push_back({lost, one.waiter, task, {}, 0});
    report(one.by, std::move(news));
    not_made(lost);
  }
}

void timed_cluster::withdraw(worker_id id, stop_order order) {
  auto& line = workers_[id.value].line;
  auto queued =
      std::find_if(line.begin(), line.end(), [&](auto const& w) { return w.second.attempt == order.attempt; });
  if (queued != line.end())
    line.erase(queued);
  else if (workers_[id.value].waiting.erase(order.attempt) == 0)
    return;
  ++given_back_;
  worker_report news;
  news.cancelled.push_back({order.task, order.attempt, false});
  report(id, std::move(news));
  not_made(order.task);
}

void timed_cluster::free(worker_id id, std::vector<task_id> const& tasks) {
  auto& stored = workers_[id.value].stored;
  for (auto task : tasks) {
    auto found = stored.find(task);
    if (found == stored.end()) continue;
    stored_ -= found->second;
    stored.erase(found);
  }
}

void timed_cluster::begin_next(worker_id id) {
  auto& here = workers_[id.value];
  if (here.free_threads == 0 || here.line.empty()) return;
  auto order = here.line.begin()->second;
  here.line.erase(here.line.begin());
  --here.free_threads;
  auto const& what = submissions_[order.payload.value - 1];
  begun_.emplace_back(what.client, what.index);
  at(now_ + what.call.takes, [this, id, order, start = now_, nbytes = what.call.nbytes] {
    auto& there = workers_[id.value];
    ++there.free_threads;
    ++finished_;
    for (auto const& dep : order.deps) {
      if (dep.last_use) free(id, {dep.task});
    }
    store(there, order.task, nbytes);
    made(id, order.task, nbytes);
    worker_report news;
    news.done.push_back({order.task, order.attempt, nbytes, start, now_});
    report(id, std::move(news));
    begin_next(id);
  });
}

void timed_cluster::report(worker_id id, worker_report items) {
  auto& here = workers_[id.value];
  if (here.heard) items.heard = {std::exchange(here.heard, {}), now_ - here.heard_at};
  at(now_ + latency, [this, id, items = std::move(items)] { handle(to_scheduler::report{now_, id, items}); });
}

void timed_cluster::store(worker& in, task_id task, std::uint64_t nbytes) {
  if (!in.stored.emplace(task, nbytes).second) return;
  stored_ += nbytes;
  peak_ = std::max(peak_, stored_);
}

}  // namespace troupe::test
