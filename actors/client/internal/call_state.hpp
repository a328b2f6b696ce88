#pragma once

#include <troupe/actors/client/internal/task_state.hpp>
#include <troupe/actors/scheduler/internal/actor_calls.hpp>
#include <troupe/futures/future.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::detail {

class call_state;

/// What a user's thread asks the session's loop to do with a call of an actor. `task` is the one that made the actor.
struct call_command : session_command {
  call_command(kind k, task_state& actor, call_state& c) noexcept : session_command(k, actor), call(c) {}
  call_state& call;
};

/// The shared state of the futures of one call, and the call on its way. It keeps the actor, and those whose handles
/// are among its arguments, until it is answered; those whose handles are in the answer, until that is read.
class call_state final : public state_base, public call_answer {
 public:
  call_state(intrusive_ptr<session> owner, intrusive_ptr<task_state> actor, call_ptr what,
             std::vector<any_future> arguments, std::uint64_t number);
  ~call_state() override;

  // Any thread.
  void cancel(std::string_view reason) noexcept override;
  [[nodiscard]] std::string key() const override;
  [[nodiscard]] std::size_t nbytes() const override;
  [[nodiscard]] executor* callback_executor() const noexcept override;
  void succeed(value_ptr value, handles_lent handles) noexcept override;
  void fail(std::exception_ptr error, call_failure how) noexcept override;

  // The session's loop.
  /// Its place in the order of the calls of its session.
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  /// Where it is under way; null where it is here.
  [[nodiscard]] worker_place_ptr const& sent_to() const noexcept { return sent_to_; }
  [[nodiscard]] task_id sent_as() const noexcept { return sent_as_; }
  [[nodiscard]] task_state& actor() const noexcept { return *actor_; }
  /// Takes over the reference of the command that brought it.
  [[nodiscard]] actor_call send(worker_place_ptr to, task_id actor);
  void note_back() noexcept { sent_to_ = nullptr; }
  /// Takes over that reference where it is not sent.
  void finish(std::exception_ptr error) noexcept;

  call_command submit_command;

  // Of the session's list of those that are under way.
  call_state* previous = nullptr;
  call_state* next = nullptr;
  /// Later calls of the actor wait until it is answered or comes back: see call_list.
  bool awaited = false;

 private:
  void unpack() override;
  void give() noexcept;
  void leave() noexcept;

  intrusive_ptr<session> owner_;
  intrusive_ptr<task_state> actor_;
  std::vector<any_future> held_;
  function_info const& function_;
  call_ptr call_;
  std::uint64_t number_;
  value_ptr result_;
  /// The actors whose handles are in the answer, until it is read.
  std::vector<any_future> answered_;
  worker_place_ptr sent_to_;
  task_id sent_as_;
  bool came_back_ = false;
};

}  // namespace troupe::detail
