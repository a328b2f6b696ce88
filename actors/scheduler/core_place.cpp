#include <troupe/actors/scheduler/internal/state.hpp>

#include <algorithm>
#include <limits>
#include <utility>

namespace troupe::detail {

namespace {

// Even an empty function costs its worker this much, so a window cannot become endless.
constexpr double shortest_run = 2000;

// An input with more further copies than this is on too many workers to look at all: at so many, by turns.
constexpr std::size_t most_holders = 8;
// Of each host that has an input so many workers are looked at, by turns.
constexpr std::size_t most_neighbours = 4;

}  // namespace

/// Short tasks that depend on nothing go to a worker in runs: neighbours are likely to be needed together, and choosing
/// costs less.
void scheduler_core::state::place_all() {
  worker_record* same = nullptr;
  double until = 0;
  auto end_run = [&] {
    if (same) load_changed(*same);
    same = nullptr;
  };
  while (!ready.empty() && !open.empty()) {
    auto task = ready.pop();
    queue_position = std::max(queue_position, tasks[task].order);
    bool root = tasks[task].first_dep == none;
    auto load_of = [](worker_record const& w) { return static_cast<double>(w.load) / w.nthreads; };
    if (same && !(root && load_of(*same) < until && has_room(*same))) end_run();
    auto& worker = same ? *same : choose(tasks[task]);
    if (root && !same) {
      same = &worker;
      until = load_of(worker) + nanoseconds(options.work_ahead) / 16;
    }
    assign(task, worker);
    if (!same || !has_room(worker)) load_changed(worker);
  }
  end_run();
}

bool scheduler_core::state::has_room(worker_record const& worker) const {
  if (worker.retiring || worker.paused) return false;
  if (worker.assigned < 2 * worker.nthreads) return true;
  return worker.assigned < options.window_limit && worker.load < worker.most_load &&
         worker.bytes_ahead < worker.most_bytes;
}

double scheduler_core::state::expected_run(function_id function) const {
  auto mean = function.value < functions.size() ? functions[function.value].mean_run : -1;
  return mean < 0 ? nanoseconds(options.unknown_run_time) : std::max(mean, shortest_run);
}

double scheduler_core::state::expected_nbytes(function_id function) const {
  return function.value < functions.size() ? std::max(functions[function.value].mean_nbytes, 0.0) : 0;
}

/// The open worker on which the task would begin first: work ahead of it per thread, what must be moved there, and room
/// in its memory for that.
worker_record& scheduler_core::state::choose(task_record const& task) {
  auto& least = open.least_loaded();
  candidates.clear();
  candidate_hosts.clear();
  widespread.clear();
  inputs_to_move all;
  for (auto e = task.first_dep; e != none; e = edges[e].next_dep) {
    if (edges[e].dep == none) continue;
    auto const& dep = tasks[edges[e].dep];
    auto send = static_cast<double>(dep.nbytes) * workers[dep.holder]->send_per_byte;
    all.far_bytes += dep.nbytes;
    ++all.far_count;
    all.send += send;
    if (is_widespread(dep)) {
      widespread.push_back(e);
    } else {
      note_copy(e, *workers[dep.holder]);
      for_each_further(dep, [&](std::uint32_t id) { note_copy(e, *workers[id]); });
    }
  }
  bool least_has_all = !widespread.empty() && least.local_deps + count_widespread(least) == all.far_count;
  if (!least_has_all) note_widespread(least);

  auto cost = [&](worker_record const& worker) {
    if (worker.local_deps == all.far_count) return worker.load_per_thread;
    auto const& host = hosts[worker.host];
    inputs_to_move const missing{host.local_bytes - worker.local_bytes, all.far_bytes - host.local_bytes,
                                 host.local_deps - worker.local_deps, all.far_count - host.local_deps,
                                 all.send - host.send};
    auto moved = missing.near_bytes + missing.far_bytes;
    return worker.load_per_thread + transfer_cost(worker, missing) + worker.crowding(moved) - worker.crowding();
  };
  auto* best = &least;
  auto best_cost = candidate_hosts.empty() ? 0 : cost(least);
  auto compare = [&](worker_record& worker) {
    auto this_cost = cost(worker);
    if (this_cost > best_cost || (this_cost == best_cost && worker.id >= best->id)) return;
    best = &worker;
    best_cost = this_cost;
  };
  if (!least_has_all)
    for (auto* worker : candidates) compare(*worker);
  // Their neighbours may be less busy, and nearer than the least busy of all.
  for (auto* host : candidate_hosts) {
    auto count = host->workers.size();
    for (std::size_t i = 0; !least_has_all && count > 1 && i < std::min(count, most_neighbours); ++i) {
      auto& worker = *workers[host->workers[host->turn++ % count]];
      if (worker.heap_position != none && !worker.candidate) compare(worker);
    }
  }
  for (auto* worker : candidates) {
    worker->local_bytes = 0;
    worker->local_deps = 0;
    worker->candidate = false;
  }
  for (auto* host : candidate_hosts) {
    host->local_bytes = 0;
    host->local_deps = 0;
    host->send = 0;
    host->last_edge = none;
  }
  return *best;
}

void scheduler_core::state::make_candidate(worker_record& worker) {
  if (worker.heap_position != none && !std::exchange(worker.candidate, true)) candidates.push_back(&worker);
}

void scheduler_core::state::note_copy(std::uint32_t edge, worker_record& worker) {
  auto const& dep = tasks[edges[edge].dep];
  if (auto& host = hosts[worker.host]; host.last_edge != edge) {
    host.last_edge = edge;
    if (host.local_deps++ == 0) candidate_hosts.push_back(&host);
    host.local_bytes += dep.nbytes;
    host.send += static_cast<double>(dep.nbytes) * workers[dep.holder]->send_per_byte;
  }
  if (worker.heap_position == none) return;
  make_candidate(worker);
  ++worker.local_deps;
  worker.local_bytes += dep.nbytes;
}

bool scheduler_core::state::is_widespread(task_record const& task) const {
  auto node = task.more_holders;
  for (std::size_t i = 0; node != none && i < most_holders; ++i) {
    node = holders[node].next;
    if (node == task.more_holders) return false;
  }
  return node != none;
}

std::uint32_t scheduler_core::state::count_widespread(worker_record const& worker) const {
  return static_cast<std::uint32_t>(std::count_if(
      widespread.begin(), widespread.end(), [&](std::uint32_t edge) { return holds(edges[edge].dep, worker.id); }));
}

/// The least loaded worker and some that hold one of these inputs become candidates, and what those have of them
/// counts. Other workers count as if they had none.
void scheduler_core::state::note_widespread(worker_record& least) {
  if (widespread.empty()) return;
  make_candidate(least);
  for (auto edge : widespread) {
    auto& dep = tasks[edges[edge].dep];
    make_candidate(*workers[dep.holder]);
    for (std::size_t i = 0; i < most_holders; ++i) {
      make_candidate(*workers[holders[dep.more_holders].worker]);
      dep.more_holders = holders[dep.more_holders].next;
    }
  }
  auto count = candidates.size();
  for (auto edge : widespread)
    for (std::size_t i = 0; i < count; ++i)
      if (holds(edges[edge].dep, candidates[i]->id)) note_copy(edge, *candidates[i]);
}

void scheduler_core::state::assign(std::uint32_t task, worker_record& worker) {
  auto& record = tasks[task];
  record.attempt = {++attempts};
  if (record.attempt_number != std::numeric_limits<std::uint16_t>::max()) ++record.attempt_number;
  record.expected_run = static_cast<float>(expected_run(record.function));
  record.expected_nbytes = static_cast<float>(expected_nbytes(record.function));
  // As one that waits without a thread.
  record.suspended = record.aside;
  if (record.waiting_on > 0) {
    ++worker.given_ahead;
    worker.load_to_come += static_cast<std::int64_t>(record.expected_run);
  } else if (!record.aside) {
    add_load(worker, record);
  }
  record.worker = worker.id;
  set_state(record, task_stage::processing);
  list(task, worker);
  ++worker.tasks;
  if (record.speculates) watch(task);

  auto& order = send_order(task, worker, record.attempt);
  if (record.constrained) order.resources = extras[record.extras].shares;
  begun.push_back(task);
}

compute_order& scheduler_core::state::send_order(std::uint32_t task, worker_record& worker, attempt_id attempt) {
  auto& record = tasks[task];
  if (!worker.probe) {
    worker.probe = attempt;
    worker.probe_sent = now;
  }
  auto& action = std::get<by_scheduler::compute>(out->emplace_back(std::in_place_type<by_scheduler::compute>));
  action.worker = {worker.id};
  auto& order = action.order;
  order.task = id_of(task);
  order.attempt = attempt;
  order.payload = record.payload;
  order.attempt_number = record.attempt_number;
  order.priority = record.priority;
  order.order = record.order;
  order.final_attempt = record.retries_left == 0 && !can_be_made_anew(record) && !record.speculates;
  order.aside = record.aside;
  std::size_t count = 0;
  for (auto e = record.first_dep; e != none; e = edges[e].next_dep) ++count;
  order.deps.reserve(count);
  for (auto e = record.first_dep; e != none; e = edges[e].next_dep) {
    if (edges[e].dep == none || edges[e].held) continue;
    order.deps.push_back(describe(record, edges[e].dep, worker));
    if (order.deps.back().last_use) record.uses_up = true;
  }
  return order;
}

dependency scheduler_core::state::describe(task_record const& task, std::uint32_t dep, worker_record const& target) {
  auto& record = tasks[dep];
  dependency result;
  result.task = id_of(dep);
  auto add = [&result](std::uint32_t worker) { result.holders[result.holder_count++] = {worker}; };
  if (record.state == task_stage::memory) {
    result.nbytes = record.nbytes;
    if (holds(dep, target.id)) add(target.id);
    if (record.holder != target.id) add(record.holder);
    auto node = record.more_holders;
    while (node != none && result.holder_count < dependency::max_holders) {
      if (holders[node].worker != target.id) add(holders[node].worker);
      node = holders[node].next;
      if (node == record.more_holders) break;
    }
  } else {
    result.maker = record.attempt;
    add(record.worker);
  }
  result.last_use =
      !wanted(record) && !record.seated && record.live_dependents == 1 && task.retries_left == 0 && !task.speculates;
  // Whoever submits this key from now on gets a new task.
  if (result.last_use) forget_key(record);
  return result;
}

}  // namespace troupe::detail
