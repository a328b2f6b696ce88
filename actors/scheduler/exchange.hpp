#pragma once

/// What a scheduler core and a worker core tell each other. Plain values, the same on both sides of the wire.

#include <troupe/actors/scheduler/ids.hpp>
#include <troupe/futures/clock.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace troupe {

namespace detail {

/// Requests for values that add up to so many bytes are large: they go over a link of their own, so that nothing small
/// waits behind them.
inline constexpr std::uint64_t large_request = std::uint64_t{1} << 20;

}  // namespace detail

/// The result that a task takes as an argument, and some of the workers that hold it (the target first if it is one).
struct dependency {
  static constexpr std::size_t max_holders = 4;

  task_id task;
  std::uint64_t nbytes = 0;
  std::array<worker_id, max_holders> holders{};
  std::uint8_t holder_count = 0;
  /// Nobody else will ask for this value and the task has no second run: it may be moved out of the worker's store.
  bool last_use = false;
  /// Of a value that is not made yet: the attempt that makes it, on the one holder named.
  attempt_id maker;

  friend bool operator==(dependency const&, dependency const&) = default;
};

/// So much of what a worker was said to have: `GPU` 1, `MEM` 2e9.
struct resource_amount {
  std::string name;
  double amount = 1;

  friend bool operator==(resource_amount const&, resource_amount const&) = default;
};

/// What a task holds of a worker's resource while it runs.
struct resource_share {
  std::string name;
  double amount = 0;
  /// Which ones, counted from 0, where the worker has a whole number of them and the task holds a whole number.
  std::vector<std::uint32_t> units;

  friend bool operator==(resource_share const&, resource_share const&) = default;
};

/// Scheduler to worker: run this. For one worker, orders arrive with increasing attempt ids.
struct compute_order {
  task_id task;
  attempt_id attempt;
  /// The scheduler's name of the call. The worker's actor replaces it by its own number.
  payload_id payload;
  /// Executions of this task so far, this one included: counts from 1.
  std::uint32_t attempt_number = 1;
  /// Larger is more important.
  std::int32_t priority = 0;
  /// Of equal priority the smaller goes first.
  std::uint64_t order = 0;
  /// The call is not run again unless this worker is lost: its arguments may be moved into the function.
  bool final_attempt = false;
  /// Begins at once, even if all threads of the worker are busy, and counts as no load: for what moves data or looks at
  /// a worker.
  bool aside = false;
  std::vector<resource_share> resources;
  /// In the order of the submission, order_only ones left out: the k-th belongs to the k-th future among the arguments.
  std::vector<dependency> deps;
};

/// Scheduler to worker: end this attempt.
struct stop_order {
  task_id task;
  attempt_id attempt;
  /// False: ask the function to stop, whether it runs or not. True: nobody wants the result any more, so a task that
  /// has not begun is dropped and one that has begun is left alone.
  bool only_if_unstarted = false;
};

struct done_item {
  task_id task;
  attempt_id attempt;
  std::uint64_t nbytes = 0;
  /// On the worker's clock; only their difference is used.
  time_point start{};
  time_point stop{};
};

/// In the result of this attempt are handles of these actors, named by their keys. Goes with the attempt's done_item.
struct handles_item {
  task_id task;
  attempt_id attempt;
  std::vector<std::string> actors;
};

struct failed_item {
  task_id task;
  attempt_id attempt;
  payload_id error;
  /// False: its call was used up by this attempt.
  bool retryable = true;
  time_point start{};
  time_point stop{};
};

/// The attempt ended without a result because it was asked to, or because the function says it was cancelled.
struct cancelled_item {
  task_id task;
  attempt_id attempt;
  /// False: the function was never entered.
  bool started = false;
};

/// The attempt waits without using a thread, so others may run in its place.
struct suspended_item {
  task_id task;
  attempt_id attempt;
};

/// The attempt ended before it began: no named holder could give this dependency, or it was not made.
struct missing_item {
  task_id task;
  attempt_id attempt;
  task_id dependency;
  /// Who was asked and did not have it.
  std::array<worker_id, troupe::dependency::max_holders> asked{};
  std::uint8_t asked_count = 0;
};

/// The attempt ended before it began: who holds this dependency cannot give it, for which `problem` is the reason. The
/// scheduler's actor makes the error of it.
struct unreadable_item {
  task_id task;
  attempt_id attempt;
  task_id dependency;
  std::string problem;
  payload_id error{};
};

/// The worker fetched a copy and keeps it until it is told to free it.
struct replica_item {
  task_id task;
  std::uint64_t nbytes = 0;
};

/// The worker held this value, outside of memory, and cannot read it back, for which `problem` is the reason. The
/// scheduler's actor makes the error of it, for where it cannot be computed again.
struct lost_item {
  task_id task;
  std::string problem;
  payload_id error{};
};

/// A peer answered a fetch: with so many bytes of values, after so long.
struct transfer_item {
  worker_id from;
  std::uint64_t nbytes = 0;
  duration took{};
};

/// The first of the orders that came since the last report, and how long it has been there: the rest of the time from
/// its sending to that report is the way there and back.
struct order_echo {
  attempt_id attempt;
  duration held{};
};

/// Worker to scheduler: what happened since the last report. The scheduler reads the lists in the order of the members.
struct worker_report {
  std::vector<replica_item> replicas;
  std::vector<lost_item> lost;
  std::vector<suspended_item> suspended;
  std::vector<handles_item> handles;
  std::vector<done_item> done;
  std::vector<failed_item> failed;
  std::vector<cancelled_item> cancelled;
  std::vector<missing_item> missing;
  std::vector<unreadable_item> unreadable;
  /// Actors, by the tasks that made them, that have ended because the worker leaves.
  std::vector<task_id> left;
  // Measurements, which are no reason for a report.
  std::vector<transfer_item> transfers;
  order_echo heard;

  [[nodiscard]] bool empty() const noexcept {
    return replicas.empty() && lost.empty() && suspended.empty() && handles.empty() && done.empty() && failed.empty() &&
           cancelled.empty() && missing.empty() && unreadable.empty() && left.empty();
  }
};

}  // namespace troupe
