#include <troupe/actors/functions/actor_method.hpp>
#include <troupe/actors/worker/internal/method_run.hpp>

#include <utility>

namespace troupe::detail {
namespace {

/// It is no attempt of the task that made the actor, and what it submits is nobody's child.
compute_order order_of(task_id actor) {
  compute_order order;
  order.task = actor;
  order.final_attempt = true;
  return order;
}

}  // namespace

method_run::method_run(worker_services& services, intrusive_ptr<actor_seat> seat, actor_call call)
    : execution(services, order_of(call.actor), std::move(call.call), {}),
      seat_(std::move(seat)),
      answer_(std::move(call.answer)) {}

method_run& method_run::of(task_context& context) {
  if (auto* run = dynamic_cast<method_run*>(&execution_of(context))) return *run;
  throw troupe::error("a method of an actor was run outside of it");
}

void method_run::answer(std::exception_ptr problem, call_failure how) noexcept {
  auto ended = result().outcome;
  if (problem)
    answer_.fail(std::move(problem), how);
  else if (ended == run_outcome::done)
    answer_.succeed(std::move(value()));
  else if (ended == run_outcome::failed)
    answer_.fail(std::move(error()), call_failure::failed);
  else
    answer_.fail(std::make_exception_ptr(cancelled_error()), call_failure::failed);
}

void* object_of(task_context& context, std::type_info const& type) { return method_run::of(context).object(type); }

}  // namespace troupe::detail
