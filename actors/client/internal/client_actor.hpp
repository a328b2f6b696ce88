#pragma once

#include <troupe/actors/runtime/actor.hpp>
#include <troupe/actors/scheduler/internal/messages.hpp>

namespace troupe::detail {

/// A client as its scheduler sees it: in this process, or a stand-in for one in another.
class client_actor : public actor {
 public:
  virtual void on(client_news&& news) = 0;
  virtual void on(cluster_changed&& change) = 0;
};

}  // namespace troupe::detail
