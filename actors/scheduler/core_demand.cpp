#include <troupe/actors/scheduler/internal/state.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace troupe::detail {
namespace {

constexpr double most_units = 4096;

bool counts_units(double amount) noexcept { return amount <= most_units && amount == std::floor(amount); }

template <class Worker>
auto* find(Worker& worker, std::string const& name) {
  auto found = std::find_if(worker.resources.begin(), worker.resources.end(),
                            [&](worker_resource const& r) { return r.name == name; });
  return found == worker.resources.end() ? nullptr : &*found;
}

}  // namespace

worker_resource scheduler_core::state::make_resource(resource_amount from) {
  auto units = counts_units(from.amount) ? static_cast<std::size_t>(from.amount) : 0;
  return {std::move(from.name), from.amount, 0, std::vector<bool>(units, false)};
}

void scheduler_core::state::want_places(std::uint32_t index) {
  if (!std::exchange(demands[index].to_place, true)) demands_to_place.push_back(index);
}

/// Room and shares become free where a report came from, or a worker came: there what waits is tried, most important
/// first. What has begun to wait is tried wherever it may run.
void scheduler_core::state::place_constrained() {
  for (auto id : std::exchange(workers_to_fill, {})) {
    auto* worker = workers[id].get();
    if (constrained_waiting == 0 || !worker || worker->heap_position == none) continue;
    place_most_important(worker->demands, [&](demand const& wanted) {
      return worker->heap_position != none && has_free(*worker, wanted) ? worker : nullptr;
    });
  }
  auto wanting = std::exchange(demands_to_place, {});
  for (auto index : wanting) demands[index].to_place = false;
  place_most_important(wanting, [this](demand const& wanted) { return best_for(wanted); });
}

template <class Find>
void scheduler_core::state::place_most_important(std::vector<std::uint32_t> const& of, Find const& find_worker) {
  struct entry {
    std::int32_t priority;
    std::uint64_t order;
    std::uint64_t serial;
    std::uint32_t demand;
  };
  auto const later = [](entry const& a, entry const& b) {
    return std::tie(b.priority, a.order, a.serial) > std::tie(a.priority, b.order, b.serial);
  };
  std::vector<entry> heap;
  auto note = [&](std::uint32_t index) {
    if (!demands[index].waiting || demands[index].waiting->empty()) return;
    auto const& first = tasks[demands[index].waiting->first()];
    heap.push_back({first.priority, first.order, first.serial, index});
    std::push_heap(heap.begin(), heap.end(), later);
  };
  for (auto index : of) note(index);
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), later);
    auto index = heap.back().demand;
    heap.pop_back();
    auto& wanted = demands[index];
    auto* worker = wanted.waiting->empty() ? nullptr : find_worker(wanted);
    if (!worker) continue;
    auto task = wanted.waiting->pop();
    --constrained_waiting;
    extras[tasks[task].extras].shares = take_shares(wanted, *worker);
    assign(task, *worker);
    load_changed(*worker);
    note(index);
  }
}

bool scheduler_core::state::has_free(worker_record const& worker, demand const& wanted) {
  return std::all_of(wanted.resources.begin(), wanted.resources.end(), [&](resource_amount const& need) {
    auto const* there = detail::find(worker, need.name);
    // Amounts such as 0.1 do not add up exactly.
    return there && there->total - there->taken >= need.amount - 1e-9 * there->total;
  });
}

/// The least loaded of those that have room and what is wanted.
worker_record* scheduler_core::state::best_for(demand const& wanted) const {
  if (open.empty()) return nullptr;
  auto& least = open.least_loaded();
  if (wanted.is_met_by(least) && has_free(least, wanted)) return &least;
  worker_record* best = nullptr;
  for (auto id : wanted.workers) {
    auto& worker = *workers[id];
    if (worker.heap_position == none || !has_free(worker, wanted)) continue;
    if (!best || worker.load_per_thread < best->load_per_thread) best = &worker;
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

time_point scheduler_core::state::next_look_at_demands() const {
  return constrained_waiting == 0 ? time_point::max() : next_look;
}

void scheduler_core::state::say_what_is_unmet() {
  if (next_look > now) return;
  next_look = time_point::max();
  for (auto const& [contents, index] : demands.all()) {
    auto& wanted = demands[index];
    if (wanted.waiting->empty()) continue;
    if (wanted.look_at <= now) {
      bool busy = !wanted.workers.empty();
      wanted.look_at = busy ? time_after(now, options.unmet_patience) : time_point::max();
      if (!busy) emit(by_scheduler::unmet_demand{wanted.waiting->size(), unmet(wanted)});
    }
    next_look = std::min(next_look, wanted.look_at);
  }
}

std::string scheduler_core::state::unmet(demand const& wanted) const {
  if (staying == 0) return nobody;
  std::size_t able = 0, named = 0, free = 0;
  bool anywhere = goes_anywhere(wanted);
  for (auto const& worker : workers) {
    if (!worker || worker->retiring || (wanted.function && !worker->can_run(*wanted.function))) continue;
    ++able;
    if (!anywhere && !is_named(*worker, wanted.only_on)) continue;
    ++named;
    if (wanted.is_met_by(*worker) && has_free(*worker, wanted)) ++free;
  }
  if (able == 0) return fmt::format("none of {} workers has its function", staying);
  auto names = fmt::format("{}", fmt::join(wanted.only_on, " or "));
  if (named == 0 && able < staying) return fmt::format("none of {} workers that have its function is {}", able, names);
  if (named == 0) return fmt::format("no worker is {}", names);
  std::string amounts;
  for (auto const& r : wanted.resources)
    amounts += fmt::format("{}{} {}", amounts.empty() ? "" : ", ", r.amount, r.name);
  auto fit = wanted.workers.size();
  if (fit == 0) return fmt::format("none of {} workers that may run it has {}", named, amounts);
  if (free == 0) return fmt::format("{} is in use on each of {} workers that have it", amounts, fit);
  return fmt::format("each of {} workers that may run it has enough to do", free);
}

}  // namespace troupe::detail
