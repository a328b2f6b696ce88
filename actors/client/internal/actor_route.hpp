#pragma once

#include <troupe/actors/client/internal/call_state.hpp>
#include <troupe/actors/functions/value.hpp>
#include <troupe/actors/scheduler/internal/messages.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <vector>

namespace troupe::detail {

/// What a session submits beside the task that makes an actor, or in place of it by who has a handle from elsewhere.
struct seat_request {
  /// Makes the value of the task's future; null where nobody reads it.
  value_ptr (*inside)(state_base&) = nullptr;
  std::uint32_t restarts = 0;
};

/// Calls to one worker, in order.
struct calls_to_send {
  worker_place_ptr to;
  actor_calls calls;
  stop_calls stops;
};

/// Where a session's calls of one actor go. When the actor has moved, calls that are under way at its old place may
/// come back: later ones wait for them. The session's loop.
class actor_route {
 public:
  /// Sends the call, or keeps it until it is known where the actor is. Takes over its reference.
  void carry(call_state& call, std::vector<calls_to_send>& out);
  /// The actor is on this worker from now on. So many more calls are awaited from elsewhere: see call_list.
  void found(worker_place_ptr at, task_id actor, std::size_t awaited, std::vector<calls_to_send>& out);
  /// One that was awaited was answered where it was.
  void answered_elsewhere(std::vector<calls_to_send>& out);
  /// There is no actor any more.
  void end(std::exception_ptr why);

  [[nodiscard]] static calls_to_send& batch_for(worker_place_ptr const& to, std::vector<calls_to_send>& out);

 private:
  void send_waiting(std::vector<calls_to_send>& out);

  worker_place_ptr at_;
  task_id actor_;
  std::exception_ptr gone_;
  std::deque<call_state*> waiting_;  // by number; empty where the place is known and nothing is awaited
  std::size_t awaited_ = 0;
};

}  // namespace troupe::detail
