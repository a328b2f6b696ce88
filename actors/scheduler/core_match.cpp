#include <troupe/actors/scheduler/internal/state.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

/// Which workers meet which demands: kept as workers and demands come and go, so that placing a task looks at those
/// alone.

namespace troupe::detail {
namespace {

std::string contents_of(needs const& what) {
  std::string text = what.allow_other ? "+" : "-";
  for (auto const& r : what.resources) text += fmt::format("{}={};", r.name, r.amount);
  for (auto const& w : what.only_on) text += fmt::format("@{};", w);
  if (what.function) text += fmt::format("#{}", what.function->value);
  return text;
}

}  // namespace

bool demand::is_met_by(worker_record const& worker) const {
  return std::binary_search(workers.begin(), workers.end(), worker.id);
}

std::uint32_t demand_table::enter(needs what) {
  auto& resources = what.resources;
  std::sort(resources.begin(), resources.end(), [](auto const& a, auto const& b) { return a.name < b.name; });
  resources.erase(
      std::unique(resources.begin(), resources.end(), [](auto const& a, auto const& b) { return a.name == b.name; }),
      resources.end());
  std::sort(what.only_on.begin(), what.only_on.end());
  auto [at, added] = by_contents_.try_emplace(contents_of(what), none);
  if (added) {
    at->second = pool_.take();
    demand fresh;
    static_cast<needs&>(fresh) = std::move(what);
    fresh.waiting = std::make_unique<ready_queue>(tasks_);
    pool_[at->second] = std::move(fresh);
  }
  ++pool_[at->second].tasks;
  return at->second;
}

void demand_table::leave(std::uint32_t index) {
  if (--pool_[index].tasks > 0) return;
  by_contents_.erase(contents_of(pool_[index]));
  pool_[index] = {};
  pool_.give_back(index);
}

void scheduler_core::state::constrain(std::uint32_t task, submitted_task& from) {
  auto& record = tasks[task];
  auto own = from.function.value < functions.size() ? functions[from.function.value].demand : none;
  // Those look for a worker in ways of their own.
  if (record.bound || record.aside) own = none;
  if (from.resources.empty() && from.only_on.empty()) {
    if (own == none) return;
    ++demands[own].tasks;
    extras_of(record).demand = own;
  } else {
    needs what{std::move(from.resources), std::move(from.only_on), from.allow_other, {}};
    if (own != none) what.function = from.function;
    extras_of(record).demand = enter_demand(std::move(what));
  }
  record.constrained = true;
}

std::uint32_t scheduler_core::state::enter_demand(needs what) {
  auto index = demands.enter(std::move(what));
  if (demands[index].tasks == 1) match(index);
  return index;
}

void scheduler_core::state::leave_demand(std::uint32_t index) {
  if (demands[index].tasks == 1)
    for (auto id : demands[index].workers) std::erase(workers[id]->demands, index);
  demands.leave(index);
}

void scheduler_core::state::on(to_scheduler::set_lacking& e) {
  for (auto const& worker : workers) {
    if (!worker) continue;
    bool lacks = std::find(e.workers.begin(), e.workers.end(), worker_id{worker->id}) != e.workers.end();
    if (e.function.value >= worker->lacks.size()) {
      if (!lacks) continue;
      worker->lacks.resize(e.function.value + 1);
    }
    worker->lacks[e.function.value] = lacks;
  }
  if (!e.workers.empty()) restrict_functions({e.function});
  for (auto const& [contents, index] : demands.all())
    if (demands[index].function == e.function) match(index);
}

void scheduler_core::state::note_lacking(worker_record& worker, std::vector<function_id> const& lacks) {
  for (auto function : lacks) {
    if (function.value >= worker.lacks.size()) worker.lacks.resize(function.value + 1);
    worker.lacks[function.value] = true;
  }
  restrict_functions(lacks);
}

void scheduler_core::state::restrict_functions(std::vector<function_id> const& which) {
  bool any = false;
  for (auto function : which) {
    if (function_of(function).demand != none) continue;
    needs what;
    what.function = function;
    auto index = enter_demand(std::move(what));
    function_of(function).demand = index;
    any = true;
  }
  if (!any) return;
  std::vector<std::uint32_t> queued;
  for (std::uint32_t task = 0; task < tasks.end(); ++task)
    if (tasks[task].in_use && demand_function(task)) queued.push_back(task);
  ready.sweep();
  for (auto const& [contents, index] : demands.all()) demands[index].waiting->sweep();
  for (auto task : queued) line_up(task);
}

bool scheduler_core::state::demand_function(std::uint32_t task) {
  auto& record = tasks[task];
  if (record.bound || record.aside || function_of(record.function).demand == none) return false;
  needs what;
  if (record.constrained) what = demands[extras[record.extras].demand];
  if (what.function) return false;
  bool queued = record.state == task_stage::queued;
  if (queued) dequeue(task);
  if (record.constrained) leave_demand(extras[record.extras].demand);
  what.function = record.function;
  extras_of(record).demand = enter_demand(std::move(what));
  record.constrained = true;
  return queued;
}

bool scheduler_core::state::is_named(worker_record const& worker, std::vector<std::string> const& names) {
  return std::any_of(names.begin(), names.end(), [&](std::string const& name) {
    return name == worker.name ||
           (!worker.address.empty() && (name == worker.address || name == host_in(worker.address)));
  });
}

bool scheduler_core::state::goes_anywhere(demand const& wanted) const {
  return wanted.only_on.empty() ||
         (wanted.allow_other && std::none_of(workers.begin(), workers.end(), [&](auto const& w) {
            return w && !w->retiring && is_named(*w, wanted.only_on);
          }));
}

bool scheduler_core::state::meets(worker_record const& worker, demand const& wanted, bool anywhere) {
  if (wanted.function && !worker.can_run(*wanted.function)) return false;
  if (!anywhere && !is_named(worker, wanted.only_on)) return false;
  return std::all_of(wanted.resources.begin(), wanted.resources.end(), [&](resource_amount const& need) {
    return std::any_of(worker.resources.begin(), worker.resources.end(),
                       [&](worker_resource const& r) { return r.name == need.name && r.total >= need.amount; });
  });
}

void scheduler_core::state::match(std::uint32_t index) {
  auto& wanted = demands[index];
  for (auto id : std::exchange(wanted.workers, {})) std::erase(workers[id]->demands, index);
  bool anywhere = goes_anywhere(wanted);
  for (auto const& worker : workers) {
    if (!worker || worker->retiring || !meets(*worker, wanted, anywhere)) continue;
    wanted.workers.push_back(worker->id);
    worker->demands.push_back(index);
  }
  want_places(index);
}

void scheduler_core::state::match(worker_record& worker) {
  for (auto const& [contents, index] : demands.all()) {
    auto& wanted = demands[index];
    if (wanted.allow_other || wanted.is_met_by(worker) || !meets(worker, wanted, wanted.only_on.empty())) continue;
    wanted.workers.insert(std::upper_bound(wanted.workers.begin(), wanted.workers.end(), worker.id), worker.id);
    worker.demands.push_back(index);
  }
  match_those_that_go_elsewhere();
  workers_to_fill.push_back(worker.id);
}

void scheduler_core::state::unmatch(worker_record& worker) {
  for (auto index : std::exchange(worker.demands, {})) std::erase(demands[index].workers, worker.id);
}

void scheduler_core::state::match_those_that_go_elsewhere() {
  for (auto const& [contents, index] : demands.all())
    if (demands[index].allow_other) match(index);
}

}  // namespace troupe::detail
