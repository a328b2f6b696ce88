#pragma once

#include <troupe/actors/scheduler/events.hpp>
#include <troupe/actors/scheduler/internal/coordination.hpp>
#include <troupe/actors/scheduler/internal/queries.hpp>
#include <troupe/futures/promise.hpp>
#include <troupe/futures/task.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troupe::detail {

/// Answers the wishes of clients when the coordination says so, and has the core keep the actors whose handles are in
/// values that lie there.
class coordination_desk {
 public:
  /// `tell_core` sets the time of the event.
  explicit coordination_desk(std::function<void(scheduler_event)> tell_core) : tell_core_(std::move(tell_core)) {}

  [[nodiscard]] task<query_result> answer(client_id from, coordinate wish);
  void forget(client_id client);
  /// By the scheduler itself, which is no client.
  void publish(std::string topic, std::string schema, buffer message);
  [[nodiscard]] bool has_subscribers(std::string const& topic) const { return state_.has_subscribers(topic); }

 private:
  /// Null where there are none. The core lets go when the last copy of this is gone, and who was at it has ended.
  [[nodiscard]] std::shared_ptr<void const> keep(std::vector<std::string> handles);
  void give_answers();

  std::function<void(scheduler_event)> const tell_core_;
  std::uint64_t values_ = 0;
  /// Values with handles in them that are gone, and of which the core does not know that yet. Outlives the keepers.
  std::vector<std::uint64_t> dropped_;
  coordination state_;
  std::map<std::pair<client_id, std::uint64_t>, promise<query_result>> asking_;
  std::vector<coordination::answer> answers_;
};

}  // namespace troupe::detail
