#include <troupe/actors/scheduler/internal/state.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace troupe::detail {
namespace {

std::string contents_of(demand const& d) {
  std::string text = d.allow_other ? "+" : "-";
  for (auto const& r : d.resources) text += fmt::format("{}={};", r.name, r.amount);
  for (auto const& w : d.only_on) text += fmt::format("@{};", w);
  return text;
}

constexpr double most_units = 4096;

bool counts_units(double amount) noexcept { return amount <= most_units && amount == std::floor(amount); }

bool is_named(worker_record const& worker, std::vector<std::string> const& names) {
  return std::any_of(names.begin(), names.end(), [&](std::string const& name) {
    return name == worker.name ||
           (!worker.address.empty() && (name == worker.address || name == host_in(worker.address)));
  });
}

template <class Worker>
auto* find(Worker& worker, std::string const& name) {
  auto found = std::find_if(worker.resources.begin(), worker.resources.end(),
                            [&](worker_resource const& r) { return r.name == name; });
  return found == worker.resources.end() ? nullptr : &*found;
}

bool has_in_all(worker_record const& worker, demand const& wanted) {
  return std::all_of(wanted.resources.begin(), wanted.resources.end(), [&](resource_amount const& need) {
    auto const* there = find(worker, need.name);
    return there && there->total >= need.amount;
  });
}

bool has_free(worker_record const& worker, demand const& wanted) {
  return std::all_of(wanted.resources.begin(), wanted.resources.end(), [&](resource_amount const& need) {
    auto const* there = find(worker, need.name);
    // Amounts such as 0.1 do not add up exactly.
    return there && there->total - there->taken >= need.amount - 1e-9 * there->total;
  });
}

}  // namespace

std::uint32_t demand_table::enter(std::vector<resource_amount> resources, std::vector<std::string> only_on,
                                  bool allow_other) {
  std::sort(resources.begin(), resources.end(), [](auto const& a, auto const& b) { return a.name < b.name; });
  resources.erase(
      std::unique(resources.begin(), resources.end(), [](auto const& a, auto const& b) { return a.name == b.name; }),
      resources.end());
  std::sort(only_on.begin(), only_on.end());
  demand fresh;
  fresh.resources = std::move(resources);
  fresh.only_on = std::move(only_on);
  fresh.allow_other = allow_other;
  auto [at, added] = by_contents_.try_emplace(contents_of(fresh), none);
  if (added) {
    at->second = pool_.take();
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

worker_resource scheduler_core::state::make_resource(resource_amount from) {
  auto units = counts_units(from.amount) ? static_cast<std::size_t>(from.amount) : 0;
  return {std::move(from.name), from.amount, 0, std::vector<bool>(units, false)};
}

void scheduler_core::state::constrain(std::uint32_t task, submitted_task& from) {
  if (from.resources.empty() && from.only_on.empty()) return;
  tasks[task].constrained = true;
  extras_of(tasks[task]).demand = demands.enter(std::move(from.resources), std::move(from.only_on), from.allow_other);
}

void scheduler_core::state::place_constrained() {
  if (!std::exchange(look_for_places, false) || constrained_waiting == 0) return;
  for (auto const& [contents, index] : demands.all()) {
    auto& wanted = demands[index];
    while (!wanted.waiting.empty()) {
      auto& first = wanted.waiting.begin()->second;
      auto task = first.empty() ? none : find(first.front());
      if (task != none && tasks[task].state == task_stage::queued) {
        auto* worker = best_for(wanted);
        if (!worker) break;
        --constrained_waiting;
        extras[tasks[task].extras].shares = take_shares(wanted, *worker);
        assign(task, *worker);
        load_changed(*worker);
      }
      if (first.empty())
        wanted.waiting.erase(wanted.waiting.begin());
      else
        first.pop_front();
    }
  }
}

bool scheduler_core::state::goes_anywhere(demand const& wanted) const {
  return wanted.only_on.empty() ||
         (wanted.allow_other && std::none_of(workers.begin(), workers.end(), [&](auto const& w) {
            return w && !w->retiring && is_named(*w, wanted.only_on);
          }));
}

bool scheduler_core::state::has_what_it_takes(worker_record const& worker, demand const& wanted, bool anywhere) {
  return (anywhere || is_named(worker, wanted.only_on)) && has_free(worker, wanted);
}

/// The least loaded of those that have room and what is wanted.
worker_record* scheduler_core::state::best_for(demand const& wanted) const {
  bool anywhere = goes_anywhere(wanted);
  worker_record* best = nullptr;
  for (auto const& worker : workers) {
    if (!worker || worker->heap_position == none || !has_what_it_takes(*worker, wanted, anywhere)) continue;
    if (!best || worker->load_per_thread < best->load_per_thread) best = worker.get();
  }
  return best;
}

std::vector<resource_share> scheduler_core::state::take_shares(demand const& wanted, worker_record& worker) {
  std::vector<resource_share> shares;
  for (auto const& need : wanted.resources) {
    auto& there = *detail::find(worker, need.name);
    there.taken += need.amount;
    auto& share = shares.emplace_back(resource_share{need.name, need.amount, {}});
    if (there.used.empty() || !counts_units(need.amount)) continue;
    for (std::uint32_t unit = 0; unit < there.used.size() && share.units.size() < need.amount; ++unit) {
      if (there.used[unit]) continue;
      there.used[unit] = true;
      share.units.push_back(unit);
    }
  }
  return shares;
}

void scheduler_core::state::give_shares_back(std::vector<resource_share> const& shares, worker_record& worker) {
  for (auto const& share : shares) {
    auto& there = *detail::find(worker, share.name);
    there.taken -= share.amount;
    for (auto unit : share.units) there.used[unit] = false;
  }
}

std::size_t scheduler_core::state::count_waiting(demand& wanted) {
  std::size_t count = 0;
  for (auto& [priority, ids] : wanted.waiting) {
    std::erase_if(ids, [this](task_id id) {
      auto task = find(id);
      return task == none || tasks[task].state != task_stage::queued;
    });
    count += ids.size();
  }
  if (count == 0) wanted.waiting.clear();
  return count;
}

bool scheduler_core::state::met_by_somebody(demand const& wanted) const {
  return std::any_of(workers.begin(), workers.end(), [&](auto const& worker) {
    return worker && !worker->retiring &&
           (wanted.allow_other || wanted.only_on.empty() || is_named(*worker, wanted.only_on)) &&
           has_in_all(*worker, wanted);
  });
}

time_point scheduler_core::state::next_look_at_demands() const {
  auto next = time_point::max();
  if (constrained_waiting == 0) return next;
  for (auto const& [contents, index] : demands.all())
    if (!demands[index].waiting.empty()) next = std::min(next, demands[index].look_at);
  return next;
}

void scheduler_core::state::say_what_is_unmet() {
  if (constrained_waiting == 0) return;
  for (auto const& [contents, index] : demands.all()) {
    auto& wanted = demands[index];
    if (wanted.waiting.empty() || wanted.look_at > now) continue;
    auto count = count_waiting(wanted);
    bool busy = met_by_somebody(wanted);
    wanted.look_at = busy ? time_after(now, options.unmet_patience) : time_point::max();
    if (count > 0 && !busy) emit(by_scheduler::unmet_demand{count, unmet(wanted)});
  }
}

std::string scheduler_core::state::unmet(demand const& wanted) const {
  if (staying == 0) return nobody;
  std::size_t named = 0, fit = 0, free = 0;
  for (auto const& worker : workers) {
    if (!worker || worker->retiring) continue;
    if (!wanted.only_on.empty() && !wanted.allow_other && !is_named(*worker, wanted.only_on)) continue;
    ++named;
    if (!has_in_all(*worker, wanted)) continue;
    ++fit;
    if (has_free(*worker, wanted)) ++free;
  }
  if (named == 0) return fmt::format("no worker is {}", fmt::join(wanted.only_on, " or "));
  std::string needs;
  for (auto const& r : wanted.resources) needs += fmt::format("{}{} {}", needs.empty() ? "" : ", ", r.amount, r.name);
  if (fit == 0) return fmt::format("none of {} workers that may run it has {}", named, needs);
  if (free == 0) return fmt::format("{} is in use on each of {} workers that have it", needs, fit);
  return fmt::format("each of {} workers that may run it has enough to do", free);
}

}  // namespace troupe::detail
