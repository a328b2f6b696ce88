#pragma once

#include <troupe/actors/scheduler/internal/actor_calls.hpp>
#include <troupe/actors/worker/internal/actor_seat.hpp>
#include <troupe/actors/worker/internal/execution.hpp>

#include <exception>
#include <typeinfo>
#include <utility>

namespace troupe::detail {

/// One call of a method of an actor on a thread of the pool. The actor's seat has it until it is answered.
class method_run final : public execution {
 public:
  method_run(worker_services& services, intrusive_ptr<actor_seat> seat, actor_call call);

  /// The run that this context belongs to. Throws error where it is that of a task.
  [[nodiscard]] static method_run& of(task_context& context);

  [[nodiscard]] void* object(std::type_info const& type) { return seat_->object(type); }
  /// The actor ends with this call.
  void stop_actor() noexcept { stops_actor_ = true; }
  [[nodiscard]] bool stops_actor() const noexcept { return stops_actor_; }

  /// By whomever. Once it has ended.
  [[nodiscard]] bool was_cancelled() const noexcept { return result().outcome == run_outcome::cancelled; }
  [[nodiscard]] call_answer const* id() const noexcept { return answer_.id(); }
  /// Answers with how it ended; with `problem` instead where there is one.
  void answer(std::exception_ptr problem, call_failure how = call_failure::failed) noexcept;
  /// It does not run.
  void refuse(std::exception_ptr why, call_failure how) noexcept { answer_.fail(std::move(why), how); }

  void note_waiting() override {}

 private:
  void finished() noexcept override { seat_->ended(*this); }
  /// Who sends the answer to another process encodes it, with the handles in it.
  [[nodiscard]] std::size_t pack_up_to() const noexcept override { return 0; }

  intrusive_ptr<actor_seat> seat_;
  answer_slot answer_;
  bool stops_actor_ = false;
};

}  // namespace troupe::detail
