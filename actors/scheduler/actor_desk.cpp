#include <troupe/actors/scheduler/internal/actor_desk.hpp>

#include <utility>

namespace troupe::detail {

bool local_scheduler::actor_desk::is_asked(query const& asked) {
  return std::holds_alternative<save_actor>(asked.what) || std::holds_alternative<load_actor>(asked.what);
}

task<query_result> local_scheduler::actor_desk::answer(query asked) {
  query_result result;
  if (auto* given = std::get_if<save_actor>(&asked.what)) {
    save(std::move(*given));
  } else if (auto found = saved_.find(std::get<load_actor>(asked.what).actor); found != saved_.end()) {
    result.actor = found->second;
  }
  co_return result;
}

void local_scheduler::actor_desk::save(save_actor what) {
  auto known = scheduler_.core_.data(what.actor);
  if (!known || !known->seated) throw error("there is no such actor");
  bool stopped = what.state.stopped;
  saved_[what.actor] = std::move(what.state);
  scheduler_.handle(to_scheduler::note_snapshot{scheduler_.now(), what.actor, std::move(what.handles)});
  if (stopped) scheduler_.handle(to_scheduler::note_stop{scheduler_.now(), what.actor});
}

}  // namespace troupe::detail
