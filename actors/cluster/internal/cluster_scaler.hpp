#pragma once

#include <troupe/actors/client/internal/client_actor.hpp>
#include <troupe/actors/cluster/internal/adaptive_core.hpp>
#include <troupe/actors/cluster/internal/cluster_workers.hpp>
#include <troupe/actors/scheduler/internal/scheduler_actor.hpp>
#include <troupe/actors/worker/internal/thread_pool.hpp>
#include <troupe/futures/promise.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::detail {

/// Starts and ends the workers of a local cluster while it runs: as many as it is told, or as there is work for. To the
/// scheduler it is a client, so it hears who comes and goes. What blocks runs on `hands`.
class cluster_scaler final : public client_actor {
 public:
  struct setup {
    actor_ref<scheduler_actor> scheduler;
    /// Outlives it.
    cluster_workers* workers = nullptr;
    worker_shape shape;
    std::shared_ptr<thread_pool> hands;
  };
  explicit cluster_scaler(setup with);

  /// Ends adapting.
  struct scale {
    std::uint32_t workers = 0;
  };
  void on(scale wanted);
  struct adapt {
    adaptive_limits limits;
  };
  void on(adapt const& how);
  struct stop_adapting {};
  void on(stop_adapting);
  /// Answered when nothing of what it was told is still under way.
  struct get_settled {};
  [[nodiscard]] task<void> on(get_settled);

  struct look {
    std::uint64_t turn = 0;
  };
  [[nodiscard]] task<void> on(look when);
  /// A worker has left that nobody asked to.
  struct see_who_left {};
  void on(see_who_left);
  void on(client_news&&) override {}
  void on(cluster_changed&& change) override;
  void on(down_msg const& scheduler);

 private:
  struct member {
    std::string name;
    bool runs = false;
    /// It took part at least once.
    bool came = false;
    /// The scheduler says that it is there.
    bool listed = false;
    bool leaves = false;
    /// The scheduler was asked to let it go, and has not answered.
    bool retiring = false;
    /// It has left, or is being ended.
    bool ends = false;
  };

  [[nodiscard]] member* find(std::string const& name);
  [[nodiscard]] bool arrived(member const& m) const { return m.listed || (m.runs && !with_.workers->join_late()); }
  [[nodiscard]] std::uint32_t staying() const;
  [[nodiscard]] bool settled() const;
  [[nodiscard]] adaptive_sample sample(wanted_workers const& wanted) const;

  void start_more(std::uint32_t count);
  task<void> start_one(std::string name);
  void let_go(std::vector<std::string> const& names);
  /// Those that take part: through the scheduler, so that nothing is lost.
  task<void> retire(std::vector<std::string> names);
  /// The others.
  void end(member& m);
  task<void> end_one(std::string name);
  void stays(std::string const& name, std::string const& why);
  [[nodiscard]] future<query_result> ask(decltype(query::what) what);
  [[nodiscard]] task<void> bring_to(std::uint64_t turn, std::uint32_t count);
  void note(std::string problem);

  /// Done after the next change.
  [[nodiscard]] future<void> change() { return changes_.emplace_back().get_future(); }
  void tell_of_change();

  setup const with_;
  std::vector<member> members_;  // in the order of their start
  std::uint32_t started_;
  /// Of the scheduler's first word.
  bool informed_ = false;
  std::optional<adaptive_core> adapting_;
  /// Counts what it was told to do: each ends the one before.
  std::uint64_t turn_ = 0;
  /// The last one of which all was begun.
  std::uint64_t begun_ = 0;
  /// What scale asked for.
  std::optional<std::uint32_t> wanted_;
  /// Until that was reached.
  bool settling_ = false;
  /// What went wrong since.
  std::vector<std::string> problems_;
  std::string last_problem_;
  std::vector<promise<void>> changes_;
};

}  // namespace troupe::detail
