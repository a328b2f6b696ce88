#include <troupe/actors/client/coordination.hpp>
#include <troupe/actors/scheduler/internal/coordination_desk.hpp>
#include <troupe/actors/scheduler/internal/event_desk.hpp>
#include <troupe/actors/scheduler/internal/scheduler_functions.hpp>

#include <utility>

namespace troupe::detail {

void local_scheduler::event_desk::listen() {
  if (std::exchange(listening_, true)) return;
  scheduler_.core_.observe(true);
  name_tasks_there_are();
}

bool local_scheduler::event_desk::somebody_listens() const {
  if (scheduler_.coordination_->has_subscribers(events_topic)) return true;
  return scheduler_.own_functions_ && !scheduler_.own_functions_->plugins().empty();
}

void local_scheduler::event_desk::note(char const* what, std::string const& worker) {
  if (!listening_) return;
  auto& event = events_.emplace_back();
  event.number = ++last_number_;
  event.at = scheduler_.now().time_since_epoch();
  event.what = what;
  event.worker = worker;
}

void local_scheduler::event_desk::tell() {
  if (!somebody_listens()) {
    listening_ = false;
    scheduler_.core_.observe(false);
    names_.clear();
    events_.clear();
    return;
  }
  for (auto const& t : scheduler_.core_.take_transitions()) {
    auto const& name = name_of(t);
    auto& event = events_.emplace_back();
    event.number = ++last_number_;
    event.at = t.what.at.time_since_epoch();
    event.what = stage_reached(t.what);
    event.key = name.key;
    event.function = name.function;
    if (t.what.worker) event.worker = scheduler_.workers_[t.what.worker.value].info.name;
    event.attempt = t.what.attempt_number;
  }
  if (events_.empty()) return;
  if (scheduler_.coordination_->has_subscribers(events_topic)) {
    encoder out;
    encode(out, events_);
    scheduler_.coordination_->publish(events_topic, schema_of<std::vector<cluster_event>>(),
                                      buffer::copy_of(out.bytes()));
  }
  if (scheduler_.own_functions_) scheduler_.own_functions_->plugins().tell(events_);
  events_.clear();
  forget_names();
}

void local_scheduler::event_desk::name_tasks_there_are() {
  for (auto const& [serial, task] : scheduler_.core_.all_tasks()) names_.emplace(serial, describe(task));
}

local_scheduler::event_desk::task_name local_scheduler::event_desk::describe(data_record const& task) const {
  task_name name{task.task, task.key, scheduler_.functions_[task.function.value]->short_name};
  if (!name.key.empty()) return name;
  auto const* call = scheduler_.calls_.find(task.payload.value);
  if (call)
    name.key = (*call)->key();
  else if (task.stage == task_stage::memory)
    name.key = scheduler_.key_of(task);
  return name;
}

local_scheduler::event_desk::task_name const& local_scheduler::event_desk::name_of(
    observed_transition const& transition) {
  auto [known, fresh] = names_.try_emplace(transition.serial);
  if (fresh)
    if (auto task = scheduler_.core_.data(scheduler_.core_.find(transition.client, transition.ref)))
      known->second = describe(*task);
  return known->second;
}

/// From time to time, when most of them may be of tasks that the core has forgotten.
void local_scheduler::event_desk::forget_names() {
  if (names_.size() <= 2 * scheduler_.core_.statistics().tasks + 1024) return;
  std::erase_if(names_, [this](auto const& one) { return !scheduler_.core_.data(one.second.task); });
}

}  // namespace troupe::detail
