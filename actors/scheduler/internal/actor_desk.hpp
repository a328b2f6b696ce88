#pragma once

#include <troupe/actors/scheduler/internal/local_scheduler.hpp>
#include <troupe/futures/task.hpp>

#include <cstddef>
#include <map>

namespace troupe::detail {

/// Keeps the last snapshot of each actor. The scheduler's actor.
class local_scheduler::actor_desk {
 public:
  explicit actor_desk(local_scheduler& scheduler) : scheduler_(scheduler) {}

  [[nodiscard]] static bool is_asked(query const& asked);
  [[nodiscard]] task<query_result> answer(query asked);

 private:
  void save(save_actor what);
  /// Of actors that are gone.
  void forget_old();

  local_scheduler& scheduler_;
  std::map<task_id, actor_state> saved_;
  /// When so many are kept, it is time to look for old ones.
  std::size_t look_at_ = 16;
};

}  // namespace troupe::detail
