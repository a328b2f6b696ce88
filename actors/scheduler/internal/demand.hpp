#pragma once

#include <troupe/actors/scheduler/exchange.hpp>
#include <troupe/actors/scheduler/ids.hpp>
#include <troupe/actors/scheduler/internal/ready_queue.hpp>
#include <troupe/actors/scheduler/internal/record_pool.hpp>
#include <troupe/actors/scheduler/internal/records.hpp>
#include <troupe/futures/clock.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::detail {

/// What a task takes of a worker.
struct needs {
  std::vector<resource_amount> resources;  ///< by name
  std::vector<std::string> only_on;
  bool allow_other = false;
  /// Where not every worker can run it.
  std::optional<function_id> function;
};

/// Needs, those that can meet them, and the tasks that wait for one of these. A demand that nobody can meet keeps only
/// its own tasks waiting.
struct demand : needs {
  std::unique_ptr<ready_queue> waiting;
  /// Those that do not retire and meet it when nothing of them is in use, by number.
  std::vector<std::uint32_t> workers;
  /// When it is looked at again, should tasks still wait; never, once it was said that nobody meets it.
  time_point look_at = time_point::max();
  /// A place for those that wait is looked for before the event in hand ends.
  bool to_place = false;
  /// Tasks that have it, in whatever state, and one for a function that keeps it.
  std::size_t tasks = 0;

  [[nodiscard]] bool is_met_by(worker_record const& worker) const;
  /// Every worker can take its tasks that has their function.
  [[nodiscard]] bool of_function_only() const { return resources.empty() && only_on.empty(); }
};

/// The demands of all tasks, each once.
class demand_table {
 public:
  explicit demand_table(record_pool<task_record>& tasks) : tasks_(tasks) {}

  /// For one task more. Who meets it is not known yet where that is the first.
  [[nodiscard]] std::uint32_t enter(needs what);
  /// For one task less.
  void leave(std::uint32_t index);
  [[nodiscard]] demand& operator[](std::uint32_t index) { return pool_[index]; }
  [[nodiscard]] demand const& operator[](std::uint32_t index) const { return pool_[index]; }
  /// In the order of their contents.
  [[nodiscard]] auto const& all() const noexcept { return by_contents_; }

 private:
  record_pool<task_record>& tasks_;
  record_pool<demand> pool_;
  std::map<std::string, std::uint32_t> by_contents_;
};

}  // namespace troupe::detail
