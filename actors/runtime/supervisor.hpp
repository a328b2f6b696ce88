#pragma once

#include <troupe/actors/runtime/actor.hpp>
#include <troupe/actors/runtime/child_spec.hpp>
#include <troupe/futures/promise.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe {

/// Who is restarted when a child must be: it alone, all children, or it and those started after it.
enum class restart_strategy { one_for_one, one_for_all, rest_for_one };

class supervisor_options {
 public:
  supervisor_options& strategy(restart_strategy s) {
    strategy_ = s;
    return *this;
  }
  /// More than `restarts` within `period`, and the supervisor gives up: it stops its children and fails, which its own
  /// supervisor hears of. Default: 1 in 5 s.
  supervisor_options& intensity(std::size_t restarts, duration period) {
    restarts_ = restarts;
    period_ = period;
    return *this;
  }
  /// Before the n-th restart within the period it waits `first` × 2ⁿ⁻¹, at most `most`, made up to `jitter` (a part of
  /// 1) shorter or longer by chance. Default: no wait.
  supervisor_options& backoff(duration first, duration most, double jitter = 0.2) {
    first_ = first;
    most_ = most;
    jitter_ = jitter;
    return *this;
  }
  /// Of the jitter.
  supervisor_options& seed(std::uint64_t seed) {
    seed_ = seed;
    return *this;
  }

  [[nodiscard]] restart_strategy strategy() const noexcept { return strategy_; }
  [[nodiscard]] std::size_t restarts() const noexcept { return restarts_; }
  [[nodiscard]] duration period() const noexcept { return period_; }
  [[nodiscard]] duration first_wait() const noexcept { return first_; }
  [[nodiscard]] duration longest_wait() const noexcept { return most_; }
  [[nodiscard]] double jitter() const noexcept { return jitter_; }
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }

 private:
  restart_strategy strategy_ = restart_strategy::one_for_one;
  std::size_t restarts_ = 1;
  duration period_ = std::chrono::seconds(5);
  duration first_{}, most_{};
  double jitter_ = 0;
  std::uint64_t seed_ = 0;
};

/// What a supervisor says of one child.
struct child_info {
  std::string id;
  /// Empty while it is not running.
  actor_handle handle;
  std::size_t restarts = 0;
};

/// Ask: gives std::vector<child_info>, in the order of start.
struct list_children {};
/// Ask: starts one more child, after all others; gives its handle, or the error with which it did not start.
struct start_child {
  child_spec spec;
};
/// Ask: stops a child and forgets it; false when there is none of that id.
struct stop_child {
  std::string id;
};

/// An actor that starts other actors and keeps them running, after the supervisors of Erlang/OTP.
///
/// - Children start in the order given, each when the one before it is ready; they are stopped in reverse order, each
///   when the one after it has ended. A child that cannot be started at first fails the supervisor.
/// - A child that ends is restarted, or not, by its child_spec; the strategy says which others go with it. Temporary
///   children that are stopped with others are forgotten.
/// - Stopping (a stop request, the closing runtime, the end of a linked actor that is no child): children are stopped,
///   then it ends. Killed: children end with it, through their links; a nested supervisor stops its own first.
/// - Supervisors nest: child_spec::of<supervisor>("id", options, specs).
class supervisor final : public actor {
 public:
  /// Throws error where two children have the same id.
  supervisor(supervisor_options options, std::vector<child_spec> children);

  void on(exit_msg m);
  task<void> on(children_started);
  std::vector<child_info> on(list_children) const;
  task<actor_handle> on(start_child m);
  task<bool> on(stop_child m);

  /// Its own timers.
  struct wake_up {};
  void on(wake_up);
  struct too_slow {
    actor_handle child;
  };
  void on(too_slow const& m);

 private:
  struct child {
    child_spec spec;
    actor_handle handle;
    std::size_t restarts = 0;
  };

  [[nodiscard]] task<void> serve();
  [[nodiscard]] task<void> start_first();
  [[nodiscard]] task<void> child_ended(actor_id who, exit_reason why);
  [[nodiscard]] task<void> restart_with(std::string id, exit_reason why);
  [[nodiscard]] task<void> start_one(std::string id);
  [[nodiscard]] task<void> stop_one(std::string id);
  [[nodiscard]] task<void> stop_all();
  [[nodiscard]] task<void> add(child_spec spec, std::shared_ptr<promise<actor_handle>> answer);
  [[nodiscard]] task<void> remove(std::string id, std::shared_ptr<promise<bool>> answer);
  [[nodiscard]] task<void> wait_until(time_point when);
  [[nodiscard]] task<void> wait_for_news();

  [[nodiscard]] child* find(std::string const& id) noexcept;
  [[nodiscard]] bool is_child(actor_id who) const noexcept;
  [[nodiscard]] std::vector<std::string> all_ids() const;
  void check_new(std::string const& id);
  void forget(std::string const& id);
  [[nodiscard]] std::vector<std::string> restarted_with(std::string const& id) const;
  [[nodiscard]] bool too_many_restarts();
  [[nodiscard]] duration next_wait() noexcept;
  void queue(std::function<task<void>()> job);
  void wake();

  supervisor_options options_;
  std::vector<child> children_;
  // What changes the children runs one after the other, in the coroutine `serve`.
  std::deque<std::function<task<void>()>> jobs_;
  std::deque<time_point> recent_restarts_;
  std::uint64_t random_;
  std::optional<promise<void>> sleeping_;
  std::optional<exit_reason> stop_;
  bool first_started_ = false;
  std::vector<promise<void>> waiting_for_first_;
};

}  // namespace troupe
