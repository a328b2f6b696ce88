#include <troupe/actors/scheduler/internal/state.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

/// How many workers there is work for, and who had best leave: what a cluster that adapts goes by. The sums are kept by
/// the way, with every task that comes and goes.

namespace troupe::detail {

worker_plan scheduler_core::plan(duration target_duration) const { return state_->plan(target_duration); }

worker_plan scheduler_core::state::plan(duration target_duration) const {
  worker_plan made;
  made.leaving.reserve(staying);
  for (auto const& worker : workers)
    if (worker && !worker->retiring) made.leaving.push_back({worker->id});
  auto rank = [this](worker_id id) {
    auto const& worker = *workers[id.value];
    return std::tuple(worker.seats > 0, worker.tasks > 0, worker.stored_bytes,
                      std::numeric_limits<std::uint32_t>::max() - id.value);
  };
  std::sort(made.leaving.begin(), made.leaving.end(), [&](auto a, auto b) { return rank(a) < rank(b); });
  made.spare = count_spare(made.leaving);
  auto target = std::max<std::uint64_t>(workers_needed(target_duration), staying - made.spare);
  made.target = static_cast<std::uint32_t>(std::min<std::uint64_t>(target, std::numeric_limits<std::uint32_t>::max()));
  return made;
}

std::uint64_t scheduler_core::state::workers_needed(duration target_duration) const {
  auto queued = stats.tasks_in[static_cast<std::size_t>(task_stage::queued)];
  auto time = static_cast<double>(stats.assigned_time + stats.queued_time);
  auto within = std::max(1.0, nanoseconds(target_duration));
  // A few long tasks have no use for many threads.
  auto threads = std::min(std::ceil(time / within), static_cast<double>(stats.assigned + queued));
  auto per_worker = staying == 0 ? static_cast<double>(usual_threads)
                                 : static_cast<double>(staying_threads) / static_cast<double>(staying);
  auto needed = static_cast<std::uint64_t>(std::ceil(threads / per_worker));
  if (staying == 0 && queued > 0) needed = std::max<std::uint64_t>(needed, 1);
  auto full = options.memory_target * static_cast<double>(staying_memory);
  if (static_cast<double>(stats.stored_bytes) > full && staying_memory > 0)
    needed = std::max<std::uint64_t>(needed, 2 * staying);
  return needed;
}

std::uint32_t scheduler_core::state::count_spare(std::vector<worker_id> const& leaving) const {
  auto room = staying_memory;
  bool limited =
      std::all_of(leaving.begin(), leaving.end(), [this](worker_id id) { return workers[id.value]->memory_limit > 0; });
  std::uint32_t spare = 0;
  for (auto id : leaving) {
    auto const& worker = *workers[id.value];
    if (worker.seats > 0 || worker.tasks > 0) break;
    room -= worker.memory_limit;
    // What nobody would take over keeps the last one.
    bool last = spare + 1 == leaving.size();
    if (stats.stored_bytes > 0 && (last || (limited && room / 2 < stats.stored_bytes))) break;
    ++spare;
  }
  return spare;
}

function_record& scheduler_core::state::function_of(function_id id) {
  if (id.value >= functions.size()) functions.resize(id.value + 1);
  return functions[id.value];
}

void scheduler_core::state::count_queued(function_id function, std::int64_t change) {
  function_of(function).queued += change;
  stats.queued_time += change * static_cast<std::int64_t>(expected_run(function));
}

void scheduler_core::state::count_staying(worker_record const& worker, bool stays) {
  stays ? ++staying : --staying;
  staying_threads += stays ? worker.nthreads : -std::uint64_t{worker.nthreads};
  staying_memory += stays ? worker.memory_limit : -worker.memory_limit;
}

}  // namespace troupe::detail
