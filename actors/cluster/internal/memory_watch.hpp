#pragma once

#include <troupe/actors/runtime/actor.hpp>
#include <troupe/actors/worker/internal/local_worker.hpp>

namespace troupe::detail {

/// Tells a worker, ten times a second, how much memory its process uses.
class memory_watch final : public actor {
 public:
  explicit memory_watch(actor_ref<local_worker> worker);

  struct look {};
  void on(look);

 private:
  actor_ref<local_worker> worker_;
};

}  // namespace troupe::detail
