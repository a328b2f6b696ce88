#pragma once

#include <troupe/actors/scheduler/exchange.hpp>
#include <troupe/actors/scheduler/ids.hpp>
#include <troupe/actors/scheduler/internal/record_pool.hpp>
#include <troupe/futures/clock.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace troupe::detail {

/// What tasks need of a worker, and those of equal needs that wait for one. A demand that nobody can meet keeps only
/// its own tasks waiting.
struct demand {
  std::vector<resource_amount> resources;  ///< by name
  std::vector<std::string> only_on;
  bool allow_other = false;

  /// Most important first. Tasks that do not wait any more stay in it until they come up.
  std::map<std::int32_t, std::deque<task_id>, std::greater<>> waiting;
  /// When it is looked at again, should tasks still wait; never, once it was said that nobody meets it.
  time_point look_at = time_point::max();
  /// Tasks that have it, in whatever state.
  std::size_t tasks = 0;
};

/// The demands of all tasks, each once.
class demand_table {
 public:
  [[nodiscard]] std::uint32_t enter(std::vector<resource_amount> resources, std::vector<std::string> only_on,
                                    bool allow_other);
  void leave(std::uint32_t index);
  [[nodiscard]] demand& operator[](std::uint32_t index) { return pool_[index]; }
  [[nodiscard]] demand const& operator[](std::uint32_t index) const { return pool_[index]; }
  /// In the order of their contents.
  [[nodiscard]] auto const& all() const noexcept { return by_contents_; }

 private:
  record_pool<demand> pool_;
  std::map<std::string, std::uint32_t> by_contents_;
};

}  // namespace troupe::detail
