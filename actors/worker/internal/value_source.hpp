#pragma once

#include <troupe/actors/runtime/actor.hpp>
#include <troupe/actors/scheduler/internal/messages.hpp>

#include <vector>

namespace troupe::detail {

/// Who has results of tasks, and actors: a worker of this process, or what stands for one of another.
class value_source : public actor {
 public:
  virtual void on(actor_calls&& batch) = 0;
  virtual void on(stop_calls&& batch) = 0;
  [[nodiscard]] virtual task<std::vector<value_ptr>> on(get_values const& request) = 0;
};

}  // namespace troupe::detail
