#include <troupe/actors/worker/core.hpp>
#include <troupe/actors/worker/internal/state.hpp>

#include <algorithm>
#include <utility>

namespace troupe::detail {
namespace {

/// Others need not know at once that they could have it from here, too.
constexpr std::uint64_t small_copy = std::uint64_t{64} << 10;

}  // namespace

worker_core::worker_core(worker_id self, worker_options options) : state_(std::make_unique<state>(self, options)) {}
worker_core::worker_core(worker_core&&) noexcept = default;
worker_core& worker_core::operator=(worker_core&&) noexcept = default;
worker_core::~worker_core() = default;

void worker_core::handle(worker_event event, std::vector<worker_action>& out) { state_->handle(event, out); }
worker_statistics worker_core::statistics() const { return state_->stats; }
void worker_core::validate() const { state_->validate(); }

void worker_core::state::handle(worker_event& event, std::vector<worker_action>& to) {
  out = &to;
  std::visit(
      [this](auto& e) {
        now = e.now;
        on(e);
      },
      event);
  while (!not_made.empty()) {
    auto task = not_made.back();
    not_made.pop_back();
    if (auto* value = find_wanted(task)) {
      value->maker = {};
      ask_next(task);
    }
  }
  send_fetches();
  if (!to_drop.empty()) out->emplace_back(by_worker::drop_data{std::exchange(to_drop, {})});
  if (!payloads_to_drop.empty()) out->emplace_back(by_worker::drop_payloads{std::exchange(payloads_to_drop, {})});
  if (!report.empty() && !may_report_later()) send_report();
}

void worker_core::state::send_report() {
  if (heard) report.heard = {std::exchange(heard, {}), now - heard_at};
  out->emplace_back(by_worker::report{std::exchange(report, {})});
}

/// News of small copies alone is in no hurry: it goes with the next news of what runs here.
bool worker_core::state::may_report_later() const {
  auto const& news = report;
  bool only_copies = news.lost.empty() && news.suspended.empty() && news.done.empty() && news.failed.empty() &&
                     news.cancelled.empty() && news.missing.empty() && news.unreadable.empty();
  return only_copies && stats.handed_out > 0 &&
         std::all_of(news.replicas.begin(), news.replicas.end(), [](auto const& r) { return r.nbytes <= small_copy; });
}

void worker_core::state::on(to_worker::compute& e) {
  for (auto& order : e.orders) {
    // Attempts come in increasing order, so an older one was here before.
    if (order.attempt <= newest) {
      auto* known = find(order.attempt);
      if (order.payload && (!known || known->order.payload != order.payload)) payloads_to_drop.push_back(order.payload);
      continue;
    }
    newest = order.attempt;
    if (!heard) {
      heard = newest;
      heard_at = now;
    }
    auto index = executions.take();
    execution_of.emplace(newest.value, index);
    executions[index] = {std::move(order)};
    ++stats.waiting;
    if (!expected.empty()) meet_expected();
    advance(newest);
  }
}

void worker_core::state::on(to_worker::watch& e) {
  if (auto* known = find(e.attempt))
    known->watched = true;
  else if (e.attempt <= newest)
    out->emplace_back(by_worker::watched_ended{e.attempt});
  else
    expected.push_back(e.attempt);
}

void worker_core::state::meet_expected() {
  std::erase_if(expected, [this](attempt_id attempt) {
    if (attempt > newest) return false;
    if (auto* known = find(attempt))
      known->watched = true;
    else
      out->emplace_back(by_worker::watched_ended{attempt});
    return true;
  });
}

void worker_core::state::on(to_worker::stop& e) {
  for (auto const& order : e.orders) {
    auto* known = find(order.attempt);
    if (!known || known->order.task != order.task) continue;
    if (known->handed_out) {
      out->emplace_back(by_worker::request_stop{order});
      continue;
    }
    stop_waiting(known->order);
    report.cancelled.push_back({order.task, order.attempt, false});
    end(order.attempt);
  }
}

void worker_core::state::on(to_worker::free_data& e) {
  for (auto task : e.tasks) {
    if (unstore(task)) to_drop.push_back(task);
  }
}

void worker_core::state::on(to_worker::executed& e) {
  for (auto const& item : e.items) on_executed(item);
}

void worker_core::state::on(to_worker::pause& e) {
  paused = e.on;
  if (paused) return;
  for (auto attempt : std::exchange(held, {}))
    if (auto* known = find(attempt); known && !known->handed_out) advance(attempt);
}

void worker_core::state::on_executed(executed_item const& item) {
  auto* known = find(item.attempt);
  if (!known || !known->handed_out || known->order.task != item.task) {
    if (item.outcome == run_outcome::done && !stored.contains(key(item.task))) to_drop.push_back(item.task);
    return;
  }
  switch (item.outcome) {
    case run_outcome::done:
      store(item.task, item.nbytes);
      report.done.push_back({item.task, item.attempt, item.nbytes, item.start, item.stop});
      made_here(item.task);
      break;
    case run_outcome::failed:
      report.failed.push_back({item.task, item.attempt, item.error, item.retryable, item.start, item.stop});
      break;
    case run_outcome::cancelled:
      report.cancelled.push_back({item.task, item.attempt, item.started});
      break;
  }
  end(item.attempt);
}

void worker_core::state::on(to_worker::lost& e) {
  for (auto& value : e.values) {
    if (!unstore(value.task)) continue;
    to_drop.push_back(value.task);
    report.lost.push_back({value.task, std::move(value.problem)});
  }
}

void worker_core::state::on(to_worker::inputs_lost& e) {
  auto* known = find(e.attempt);
  if (!known || !known->handed_out || known->order.task != e.task) return;
  missing_item item;
  item.task = e.task;
  item.attempt = e.attempt;
  item.dependency = e.values.front().task;
  report.missing.push_back(item);
  for (auto& value : e.values) {
    // At its last use it has left the store already.
    if (unstore(value.task)) to_drop.push_back(value.task);
    report.lost.push_back({value.task, std::move(value.problem)});
  }
  end(e.attempt);
}

void worker_core::state::on(to_worker::suspended& e) {
  for (auto const& item : e.items) {
    auto* known = find(item.attempt);
    if (!known || !known->handed_out || known->suspended) continue;
    known->suspended = true;
    ++stats.suspended;
    report.suspended.push_back(item);
  }
}

attempt_record* worker_core::state::find(attempt_id attempt) {
  auto known = execution_of.find(attempt.value);
  return known == execution_of.end() ? nullptr : &executions[known->second];
}

void worker_core::state::advance(attempt_id attempt) {
  auto& waiting = *find(attempt);
  waiting.missing = 0;
  // Asking may end the execution at once, so all is counted before anyone is asked.
  for (auto const& dep : waiting.order.deps) {
    if (!stored.contains(key(dep.task))) ++waiting.missing;
  }
  if (waiting.missing == 0) return hand_out(waiting);
  auto deps = waiting.order.deps;
  for (auto const& dep : deps) {
    if (!find(attempt)) return;
    if (!stored.contains(key(dep.task))) want(dep, attempt);
  }
}

void worker_core::state::hand_out(attempt_record& ready) {
  if (paused && !ready.order.aside) return held.push_back(ready.order.attempt);
  ready.handed_out = true;
  --stats.waiting;
  ++stats.handed_out;
  for (auto const& dep : ready.order.deps) {
    if (dep.last_use) unstore(dep.task);
  }
  auto& action = std::get<by_worker::run>(out->emplace_back(std::in_place_type<by_worker::run>));
  action.order = ready.order;
  action.order.deps = std::exchange(ready.order.deps, {});
}

void worker_core::state::end(attempt_id attempt) {
  auto at = execution_of.find(attempt.value);
  auto& ended = executions[at->second];
  if (ended.order.payload) payloads_to_drop.push_back(ended.order.payload);
  if (ended.suspended) --stats.suspended;
  --(ended.handed_out ? stats.handed_out : stats.waiting);
  if (ended.watched) out->emplace_back(by_worker::watched_ended{attempt});
  if (auto* value = find_wanted(ended.order.task); value && value->maker == attempt && value->from == self)
    not_made.push_back(ended.order.task);
  ended.order.deps.clear();
  executions.give_back(at->second);
  execution_of.erase(at);
}

void worker_core::state::store(task_id task, std::uint64_t nbytes) {
  unstore(task);
  stored.emplace(key(task), nbytes);
  ++stats.stored;
  stats.stored_bytes += nbytes;
}

bool worker_core::state::unstore(task_id task) {
  auto at = stored.find(key(task));
  if (at == stored.end()) return false;
  --stats.stored;
  stats.stored_bytes -= at->second;
  stored.erase(at);
  return true;
}

}  // namespace troupe::detail
