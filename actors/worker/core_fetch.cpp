#include <troupe/actors/worker/internal/state.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace troupe::detail {

namespace {

bool contains(std::vector<worker_id> const& workers, worker_id worker) {
  return std::find(workers.begin(), workers.end(), worker) != workers.end();
}

}  // namespace

void worker_core::state::want(dependency const& dep, attempt_id waiter) {
  auto [at, added] = wanted_of.try_emplace(key(dep.task), none);
  if (added) {
    at->second = wanted.take();
    wanted[at->second] = {dep.task, dep.nbytes, {}, {}, {}};
    ++stats.to_fetch;
  }
  auto& value = wanted[at->second];
  value.waiters.push_back(waiter);
  if (dep.maker) {
    if (added) await_making(value, dep);
    return;
  }
  for (std::size_t i = 0; i < std::min<std::size_t>(dep.holder_count, dep.holders.size()); ++i) {
    auto holder = dep.holders[i];
    auto& list = holder == self ? value.asked : value.holders;
    if (!contains(list, holder)) list.push_back(holder);
  }
  if (added) ask_next(dep.task);
}

void worker_core::state::await_making(wanted_record& value, dependency const& dep) {
  value.maker = dep.maker;
  value.awaited = true;
  value.from = dep.holders[0];
  if (value.from == self) {
    if (!find(dep.maker)) not_made.push_back(dep.task);
    return;
  }
  value.in_flight = true;
  --stats.to_fetch;
  ++stats.fetching;
  out->emplace_back(by_worker::fetch{value.from, {dep.task}, dep.maker});
}

void worker_core::state::ask_next(task_id task) {
  auto& value = *find_wanted(task);
  if (value.waiters.empty()) return forget_wanted(task);
  auto count = value.holders.size();
  // Not all workers should begin with the same holder.
  for (std::size_t i = 0; i < count; ++i) {
    auto holder = value.holders[(task.index + self.value + i) % count];
    if (contains(value.asked, holder)) continue;
    value.from = holder;
    value.large = value.nbytes >= options.large_fetch;
    source from{holder, value.large};
    sources[from].queue.push_back(task);
    sources_to_ask.push_back(from);
    return;
  }
  give_up(task);
}

void worker_core::state::give_up(task_id task) {
  auto value = std::move(*find_wanted(task));
  find_wanted(task)->waiters.clear();
  forget_wanted(task);
  missing_item item;
  item.dependency = task;
  for (auto worker : value.asked) {
    if (value.awaited || item.asked_count == item.asked.size()) break;
    item.asked[item.asked_count++] = worker;
  }
  for (auto attempt : value.waiters) {
    auto* known = find(attempt);
    if (!known) continue;
    item.task = known->order.task;
    item.attempt = attempt;
    if (value.problem.empty())
      report.missing.push_back(item);
    else
      report.unreadable.push_back({item.task, attempt, task, value.problem});
    stop_waiting(known->order);
    end(attempt);
  }
}

void worker_core::state::stop_waiting(compute_order const& order) {
  for (auto const& dep : order.deps) {
    auto* value = find_wanted(dep.task);
    if (!value) continue;
    std::erase(value->waiters, order.attempt);
    // The entry in its source's queue is passed over later.
    if (value->waiters.empty() && !value->in_flight) forget_wanted(dep.task);
  }
}

bool worker_core::state::may_come(std::uint64_t nbytes) const {
  return incoming_bytes == 0 ||
         (incoming_bytes < options.incoming_bytes && nbytes <= options.incoming_bytes - incoming_bytes);
}

void worker_core::state::send_fetches() {
  // Whoever was held back comes first, and those behind wait with it: small values do not overtake a large one for
  // ever.
  for (auto from : sources_to_ask)
    if (std::find(held_back.begin(), held_back.end(), from) == held_back.end()) held_back.push_back(from);
  sources_to_ask.clear();
  while (!held_back.empty() && ask(held_back.front())) held_back.pop_front();
}

bool worker_core::state::ask(source from) {
  auto at = sources.find(from);
  if (at == sources.end() || at->second.unanswered > 0) return true;
  auto* value = next_queued(from);
  if (!value) {
    sources.erase(at);
    return true;
  }
  if (incoming_fetches >= options.incoming_fetches || !may_come(value->nbytes)) return false;
  // Small values that are large together come as large ones do, where none of those is wanted.
  auto most = options.fetch_bytes;
  if (!from.large && sources.contains({from.peer, true})) most = std::min(most, options.large_fetch - 1);
  std::vector<task_id> tasks;
  std::uint64_t nbytes = 0;
  do {
    value->in_flight = true;
    nbytes += value->nbytes;
    incoming_bytes += value->nbytes;
    --stats.to_fetch;
    ++stats.fetching;
    tasks.push_back(value->task);
    value = next_queued(from);
  } while (value && nbytes + value->nbytes <= most && may_come(value->nbytes));
  bool large = from.large || nbytes >= options.large_fetch;
  if (large != from.large)
    for (auto task : tasks) find_wanted(task)->large = large;
  auto& asked = sources[{from.peer, large}];
  asked.unanswered = tasks.size();
  asked.asked_at = now;
  ++incoming_fetches;
  out->emplace_back(by_worker::fetch{from.peer, std::move(tasks), {}, large});
  return large == from.large || ask(from);
}

wanted_record* worker_core::state::next_queued(source from) {
  auto& queue = sources.find(from)->second.queue;
  for (; !queue.empty(); queue.pop_front()) {
    auto* value = find_wanted(queue.front());
    if (value && !value->in_flight && source{value->from, value->large} == from) return value;
  }
  return nullptr;
}

void worker_core::state::on(to_worker::fetched& e) {
  std::optional<std::uint64_t> measured;
  source over{e.from};
  for (auto const& item : e.items) {
    auto* value = answered(item.task, e.from);
    // What had to be made first says nothing of the way here.
    if (value && !value->maker) {
      measured = measured.value_or(0) + item.nbytes;
      over.large = value->large;
    }
    bool used = value && !value->waiters.empty();
    if (!used && !stored.contains(key(item.task))) to_drop.push_back(item.task);
    if (!value) continue;
    auto waiters = std::exchange(value->waiters, {});
    forget_wanted(item.task);
    if (!used) continue;
    store(item.task, item.nbytes);
    report.replicas.push_back({item.task, item.nbytes});
    serve(waiters);
  }
  if (measured) report.transfers.push_back({e.from, *measured, now - std::exchange(sources[over].asked_at, now)});
}

void worker_core::state::made_here(task_id task) {
  auto* value = find_wanted(task);
  if (!value) return;
  auto waiters = std::exchange(value->waiters, {});
  if (!value->in_flight) forget_wanted(task);
  serve(waiters);
}

void worker_core::state::serve(std::vector<attempt_id> const& waiters) {
  for (auto attempt : waiters) {
    auto* waiting = find(attempt);
    // What it found here at first may have been freed while it waited: advance looks again.
    if (waiting && --waiting->missing == 0) advance(attempt);
  }
}

void worker_core::state::on(to_worker::fetch_failed& e) {
  for (auto task : e.tasks) {
    auto* value = answered(task, e.from);
    if (value) not_given(*value, e.from);
  }
}

void worker_core::state::on(to_worker::fetch_refused& e) {
  for (auto& item : e.items) {
    auto* value = answered(item.task, e.from);
    if (!value) continue;
    if (value->problem.empty()) value->problem = std::move(item.problem);
    not_given(*value, e.from);
  }
}

void worker_core::state::not_given(wanted_record& value, worker_id from) {
  value.in_flight = false;
  --stats.fetching;
  ++stats.to_fetch;
  value.maker = {};
  value.asked.push_back(from);
  ask_next(value.task);
}

wanted_record* worker_core::state::find_wanted(task_id task) {
  auto at = wanted_of.find(key(task));
  return at == wanted_of.end() ? nullptr : &wanted[at->second];
}

wanted_record* worker_core::state::answered(task_id task, worker_id from) {
  auto* value = find_wanted(task);
  if (!value || !value->in_flight || value->from != from) return nullptr;
  if (value->maker) return value;
  source over{from, value->large};
  incoming_bytes -= value->nbytes;
  if (--sources[over].unanswered == 0) --incoming_fetches;
  sources_to_ask.push_back(over);
  return value;
}

void worker_core::state::forget_wanted(task_id task) {
  auto at = wanted_of.find(key(task));
  --(wanted[at->second].in_flight ? stats.fetching : stats.to_fetch);
  wanted.give_back(at->second);
  wanted_of.erase(at);
}

}  // namespace troupe::detail
