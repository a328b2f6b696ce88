#pragma once

#include <troupe/actors/scheduler/internal/coordination.hpp>
#include <troupe/actors/scheduler/internal/queries.hpp>
#include <troupe/futures/promise.hpp>
#include <troupe/futures/task.hpp>

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace troupe::detail {

/// Answers the wishes of clients when the coordination says so.
class coordination_desk {
 public:
  [[nodiscard]] task<query_result> answer(client_id from, coordinate wish);
  void forget(client_id client);
  /// By the scheduler itself, which is no client.
  void publish(std::string topic, std::string schema, buffer message);
  [[nodiscard]] bool has_subscribers(std::string const& topic) const { return state_.has_subscribers(topic); }

 private:
  void give_answers();

  coordination state_;
  std::map<std::pair<client_id, std::uint64_t>, promise<query_result>> asking_;
  std::vector<coordination::answer> answers_;
};

}  // namespace troupe::detail
