#pragma once

#include <troupe/actors/scheduler/internal/local_scheduler.hpp>
#include <troupe/actors/scheduler/internal/references.hpp>
#include <troupe/futures/promise.hpp>
#include <troupe/futures/task.hpp>

#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace troupe::detail {

/// Answers queries, and moves data: as a client of the core, whose tasks are touches, bound to the workers that are to
/// hold a copy. The scheduler's actor.
class local_scheduler::data_desk {
 public:
  /// No actor has this number.
  static constexpr std::uint64_t session = UINT64_MAX;

  explicit data_desk(local_scheduler& of) : scheduler_(of) {}

  [[nodiscard]] task<query_result> answer(client_id from, query asked);
  /// The values of these tasks, from whoever holds them; null where nobody does.
  [[nodiscard]] task<std::vector<value_ptr>> collect(std::vector<task_id> tasks);

  // What the core says to the desk as its client.
  void admitted_as(client_id id) noexcept { self_ = id; }
  [[nodiscard]] bool is(client_id client) const noexcept { return self_ && client == self_; }
  void ended(client_ref ref, std::exception_ptr error);
  /// It is to leave for good.
  [[nodiscard]] bool retires(worker_id worker) const { return retiring_.contains(worker); }
  /// After every event.
  void look() {
    if (!changes_.empty()) tell_of_change();
  }

 private:
  [[nodiscard]] std::vector<task_event> story_of(task_id task) const;
  class copies;
  class retirement;

  void tell_of_change();
  /// Done after the next event.
  [[nodiscard]] future<void> change() { return changes_.emplace_back().get_future(); }

  [[nodiscard]] bool is_held_by(worker_id worker, task_id task) const;
  [[nodiscard]] query_result workers() const;
  [[nodiscard]] wanted_workers plan(duration target_duration) const;
  [[nodiscard]] stored_data describe(data_record const& data) const;
  [[nodiscard]] std::vector<task_id> tasks_of(client_id client, std::vector<client_ref> const& refs) const;
  /// All for no names. Throws error for a name that no worker has.
  [[nodiscard]] std::vector<worker_id> workers_named(std::vector<std::string> const& names) const;
  /// As many copies of each as wanted, by rounds in which every holder gives one: a tree.
  [[nodiscard]] task<void> replicate(std::vector<task_id> tasks, std::vector<worker_id> onto, std::size_t wanted);

  /// Of these results, or of all.
  [[nodiscard]] task<void> rebalance(std::vector<task_id> tasks, bool all);
  /// Results that cannot be copied, and why.
  using stuck_data = std::map<task_id, std::string>;
  /// Gives the workers that stay because of what could not be saved, unless forced.
  [[nodiscard]] task<query_result> retire(std::vector<worker_id> leaving, bool force);
  /// Lets them finish up and leave; then `left` has its value.
  [[nodiscard]] task<void> dismiss_all(std::unique_ptr<retirement> marks, std::vector<worker_id> dismissed,
                                       promise<void> left);
  /// Copies to others what only those that retire hold, and notes what it cannot. Throws error where nobody could take
  /// it.
  [[nodiscard]] task<void> save_from_leaving(stuck_data& stuck);
  /// The results that only those that retire hold.
  [[nodiscard]] std::vector<data_record> only_on_leaving() const;
  [[nodiscard]] std::string explain_stay(worker_id worker, stuck_data const& stuck) const;
  [[nodiscard]] std::vector<worker_id> staying_workers() const;

  void publish(std::string const& name, task_id task);
  /// Throws error where there is none.
  [[nodiscard]] auto dataset_named(std::string const& name) {
    auto found = datasets_.find(name);
    if (found == datasets_.end()) throw error("there is no dataset '" + name + "'");
    return found;
  }
  void unpublish(std::string const& name);

  [[nodiscard]] client_ref take_ref() { return references_.take(); }
  void give_back(std::vector<client_ref> const& refs);

  local_scheduler& scheduler_;
  client_id self_;
  reference_numbers references_;
  std::map<std::uint32_t, promise<std::exception_ptr>> waiting_;  // by the index of the reference to a touch
  struct dataset {
    client_ref ref;
    std::string key;
  };
  std::map<std::string, dataset> datasets_;
  std::set<worker_id> retiring_;
  std::uint64_t published_ = 0;
  std::vector<promise<void>> changes_;
};

}  // namespace troupe::detail
