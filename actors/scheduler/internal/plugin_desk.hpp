#pragma once

#include <troupe/actors/scheduler/internal/local_scheduler.hpp>
#include <troupe/actors/scheduler/internal/plugin_shelf.hpp>
#include <troupe/actors/worker/internal/nanny_actor.hpp>
#include <troupe/futures/promise.hpp>
#include <troupe/futures/task.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace troupe::detail {

/// Has plugins made and ended: those of workers and of nannies by those there are and those that join, those of the
/// scheduler in its own process. One change of a name at a time, and one of nannies. The scheduler's actor.
class local_scheduler::plugin_desk {
 public:
  explicit plugin_desk(local_scheduler& of) : scheduler_(of) {}

  [[nodiscard]] task<query_result> change(change_plugin asked);

  [[nodiscard]] plugin_shelf const& of_workers() const noexcept { return of_workers_; }

  /// Gives a nanny that joins what nannies have, then welcomes or refuses it.
  void equip(attach_nanny&& joining);
  void forget(actor_id nanny);
  /// Whether a worker's process was begun before its nanny had a plugin that it is to begin with.
  [[nodiscard]] bool began_too_early(worker_life const& life) const noexcept;

 private:
  class turn;
  struct nanny_entry {
    actor_ref<nanny_actor> actor;
    std::uint64_t number = 0;
    std::string program;
    /// It has what nannies have.
    bool ready = false;
    /// Lives up to this one are to begin anew.
    std::uint64_t begin_anew = 0;
  };
  /// What became of a change with one worker or nanny.
  struct outcome {
    plugin_taken taken;
    std::string problem;  // "" without
  };

  [[nodiscard]] task<query_result> change_workers(change_plugin asked);
  [[nodiscard]] task<query_result> change_scheduler(change_plugin asked);
  [[nodiscard]] task<query_result> change_nannies(change_plugin asked);
  template <class Receiver>
  [[nodiscard]] static task<void> deliver(actor_ref<Receiver> to, give_plugin what, promise<outcome> told) {
    outcome result;
    try {
      auto given = to.ask(std::move(what));
      result.taken = co_await std::move(given);
    } catch (std::exception const& thrown) {
      result.problem = thrown.what();
    }
    told.set_value(std::move(result));
  }
  [[nodiscard]] task<void> give_everything(attach_nanny joining);
  [[nodiscard]] nanny_entry* find(std::uint64_t number) noexcept;
  /// Names of the workers that this nanny watches.
  [[nodiscard]] std::vector<std::string> watched_by(std::uint64_t nanny) const;
  /// Sends away those that were begun too early; names those that are not back in time.
  [[nodiscard]] task<std::vector<std::string>> begin_anew();
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> without_nanny() const;

  local_scheduler& scheduler_;
  plugin_shelf of_workers_, of_nannies_;
  std::vector<nanny_entry> nannies_;
  std::set<std::pair<plugin_place, std::string>> changing_;
  std::vector<promise<void>> waiting_;  // for their turn
};

}  // namespace troupe::detail
