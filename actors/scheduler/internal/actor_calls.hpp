#pragma once

/// Calls of remote actors on their way from who calls to the worker that has the actor. They go where values are
/// fetched from, past the scheduler's core: directly, or relayed where two cannot meet.

#include <troupe/actors/functions/call.hpp>
#include <troupe/actors/functions/value.hpp>
#include <troupe/actors/scheduler/ids.hpp>

#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troupe::detail {

/// How a call went that has no value.
enum class call_failure : std::uint8_t {
  failed,       ///< it ran, or was refused, with this error
  lost,         ///< its worker was lost while it was under way: whether it ran is not known
  undelivered,  ///< it did not begin: the actor is not, or no longer, where it was sent
};

/// The handles of actors in an answer that came encoded: whoever is to read it does not hold those actors yet.
struct handles_lent {
  /// Their keys.
  std::vector<std::string> actors;
  /// While it lives, whoever has answered keeps them.
  std::shared_ptr<void const> keeper;
};

/// Who waits for the answer to one call. Answered once, on any thread; whoever answers has the reference that the slot
/// stood for, and gives it back.
class call_answer {
 public:
  virtual void succeed(value_ptr value, handles_lent handles) noexcept = 0;
  virtual void fail(std::exception_ptr error, call_failure how) noexcept = 0;

 protected:
  ~call_answer() = default;
};

/// Owns the duty to answer: what is dropped on the way is answered as undelivered.
class answer_slot {
 public:
  answer_slot() noexcept = default;
  explicit answer_slot(call_answer& to) noexcept : to_(&to) {}
  answer_slot(answer_slot&& other) noexcept : to_(std::exchange(other.to_, nullptr)) {}
  answer_slot& operator=(answer_slot&& other) noexcept {
    answer_slot old(std::move(*this));
    to_ = std::exchange(other.to_, nullptr);
    return *this;
  }
  ~answer_slot();

  void succeed(value_ptr value, handles_lent handles = {}) noexcept {
    std::exchange(to_, nullptr)->succeed(std::move(value), std::move(handles));
  }
  void fail(std::exception_ptr error, call_failure how) noexcept {
    std::exchange(to_, nullptr)->fail(std::move(error), how);
  }
  /// Names the call, for who wants to stop it; null once it is answered.
  [[nodiscard]] call_answer const* id() const noexcept { return to_; }

 private:
  call_answer* to_ = nullptr;
};

struct actor_call {
  /// The task that made the actor.
  task_id actor;
  call_ptr call;
  answer_slot answer;
};

/// In the order in which they were made.
struct actor_calls {
  std::vector<actor_call> calls;
};

/// Nobody waits for these any more: those that have not begun are dropped, a running one is asked to stop.
struct stop_calls {
  struct item {
    task_id actor;
    call_answer const* call;
  };
  std::vector<item> calls;
};

/// Calls for a worker that cannot be reached directly.
struct relay_calls {
  worker_id to;
  actor_calls what;
};
struct relay_stop_calls {
  worker_id to;
  stop_calls what;
};

}  // namespace troupe::detail
