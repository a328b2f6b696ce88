#include <troupe/actors/scheduler/internal/actor_calls.hpp>
#include <troupe/futures/errors.hpp>

namespace troupe::detail {

answer_slot::~answer_slot() {
  if (to_) fail(std::make_exception_ptr(actor_gone("the worker of the actor is gone")), call_failure::undelivered);
}

}  // namespace troupe::detail
