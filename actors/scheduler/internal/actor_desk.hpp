#pragma once

#include <troupe/actors/scheduler/internal/local_scheduler.hpp>
#include <troupe/futures/task.hpp>

#include <map>

namespace troupe::detail {

/// Keeps the last snapshot of each actor that may be made anew. The scheduler's actor.
class local_scheduler::actor_desk {
 public:
  explicit actor_desk(local_scheduler& scheduler) : scheduler_(scheduler) {}

  [[nodiscard]] static bool is_asked(query const& asked);
  [[nodiscard]] task<query_result> answer(query asked);
  /// It is gone for good.
  void forget(task_id actor) { saved_.erase(actor); }

 private:
  void save(save_actor what);

  local_scheduler& scheduler_;
  std::map<task_id, actor_state> saved_;
};

}  // namespace troupe::detail
