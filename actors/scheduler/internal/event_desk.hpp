#pragma once

#include <troupe/actors/scheduler/cluster_event.hpp>
#include <troupe/actors/scheduler/internal/coordinate.hpp>
#include <troupe/actors/scheduler/internal/local_scheduler.hpp>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe::detail {

/// Tells who listens, clients through a topic and plugins, what happens: the core's transitions and who comes and goes.
/// Costs nothing while nobody listens. The scheduler's actor.
class local_scheduler::event_desk {
 public:
  explicit event_desk(local_scheduler& of) : scheduler_(of) {}

  /// Whether a client's wish is one to listen.
  [[nodiscard]] static bool is_wanted_by(coordinate const& wish) noexcept {
    return wish.what == coordinate::kind::subscribe && !wish.names.empty() && wish.names.front() == events_topic;
  }
  /// Somebody is about to listen: from now on what happens is kept.
  void listen();
  /// After every event of the core.
  void look() {
    if (listening_) tell();
  }
  void worker_joined(std::string const& name) { note("worker-joined", name); }
  void worker_left(std::string const& name) { note("worker-left", name); }

 private:
  /// What a task is called; kept because it may be forgotten with its last transition.
  struct task_name {
    task_id task;
    std::string key;
    std::string function;
  };

  void tell();
  void note(char const* what, std::string const& worker);
  [[nodiscard]] bool somebody_listens() const;
  void name_tasks_there_are();
  [[nodiscard]] task_name describe(data_record const& task) const;
  [[nodiscard]] task_name const& name_of(observed_transition const& transition);
  void forget_names();

  local_scheduler& scheduler_;
  bool listening_ = false;
  std::uint64_t last_number_ = 0;
  std::vector<cluster_event> events_;
  std::unordered_map<std::uint64_t, task_name> names_;  // by serial
};

}  // namespace troupe::detail
