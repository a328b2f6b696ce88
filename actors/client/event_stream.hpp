#pragma once

#include <troupe/actors/client/coordination.hpp>
#include <troupe/actors/scheduler/cluster_event.hpp>
#include <troupe/futures/task.hpp>

#include <cstdint>
#include <deque>
#include <vector>

namespace troupe {

/// What happens in a cluster, in order, from when it was asked for (client::events) until this goes. One thread at a
/// time.
class event_stream {
 public:
  explicit event_stream(subscription<std::vector<cluster_event>> from) : from_(std::move(from)) {}

  /// The next event; waits for it. One at a time.
  /// - Failure: client_closed, when the client or the scheduler is closed.
  /// - Cancellation: a stop request ends the wait with cancelled_error("stopped"), and no event is lost.
  [[nodiscard]] task<cluster_event> next();
  /// Events that were dropped, the oldest first, because they were not taken in time.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

 private:
  subscription<std::vector<cluster_event>> from_;
  std::deque<cluster_event> here_;
  std::uint64_t last_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace troupe
