#include <troupe/actors/scheduler/internal/state.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace troupe::detail {

char const* name_of(task_stage stage) noexcept {
  constexpr std::array<char const*, task_stage_count> names{"waiting", "queued",    "processing", "memory",
                                                            "erred",   "cancelled", "released"};
  return names.at(static_cast<std::size_t>(stage));
}

std::string scheduler_core::explain(task_id task) const {
  auto index = state_->find(task);
  return index == none ? std::string() : state_->explain(index);
}

std::vector<task_transition> scheduler_core::story(task_id task) const {
  auto index = state_->find(task);
  return index == none ? std::vector<task_transition>() : state_->log.of(state_->tasks[index].serial);
}

void scheduler_core::observe(bool on) {
  state_->observed = on;
  state_->transitions.clear();
}

std::vector<observed_transition> scheduler_core::take_transitions() { return std::exchange(state_->transitions, {}); }

bool scheduler_core::state::all_are_paused() const {
  return std::all_of(workers.begin(), workers.end(),
                     [](auto const& worker) { return !worker || worker->retiring || worker->paused; });
}

std::string scheduler_core::state::explain(std::uint32_t task) const {
  auto const& record = tasks[task];
  auto name_of = [this](std::uint32_t worker) { return workers[worker]->name; };
  switch (record.state) {
    case task_stage::waiting: {
      std::uint32_t all = 0;
      for (auto e = record.first_dep; e != none; e = edges[e].next_dep) ++all;
      return fmt::format("it waits for {} of the {} tasks that it depends on", record.waiting_on, all);
    }
    case task_stage::queued:
      if (record.constrained) return unmet(demands[extras[record.extras].demand]);
      if (staying == 0) return nobody;
      if (all_are_paused()) return "it is ready; no worker begins anything before its process takes less memory";
      return fmt::format("it is ready; all workers ({}) have enough to do", staying);
    case task_stage::processing:
      if (record.waiting_on > 0)
        return fmt::format("it was given ahead to {}, where it waits for {} of its inputs to be made",
                           name_of(record.worker), record.waiting_on);
      return fmt::format(
          "it was given to {}{}, in execution {}{}", name_of(record.worker),
          record.doubled ? ", and then to " + name_of(others.at(extras[record.extras].second.value).worker)
                         : std::string(),
          record.attempt_number, record.suspended && !record.aside ? ", and waits there without a thread" : "");
    case task_stage::memory: {
      std::size_t more = 0;
      for_each_further(record, [&](std::uint32_t) { ++more; });
      return fmt::format("its result of {} bytes is on {}{}", record.nbytes, name_of(record.holder),
                         more > 0 ? fmt::format(" and {} others", more) : std::string());
    }
    case task_stage::erred:
      return errors[record.error].origin == id_of(task) ? "it failed" : "a task that it depends on failed";
    case task_stage::cancelled:
      return "it was cancelled";
    case task_stage::released:
      return "its result was freed; it is kept to be computed again";
  }
  return {};
}

}  // namespace troupe::detail
