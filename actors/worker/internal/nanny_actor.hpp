#pragma once

#include <troupe/actors/runtime/actor.hpp>
#include <troupe/actors/scheduler/internal/messages.hpp>

namespace troupe::detail {

/// A nanny as its scheduler sees it: in this process, or a stand-in for one in another.
class nanny_actor : public actor {
 public:
  [[nodiscard]] virtual task<plugin_taken> on(give_plugin&& given) = 0;
  virtual void on(nanny_welcome message) = 0;
};

}  // namespace troupe::detail
