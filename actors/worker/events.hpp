#pragma once

/// What can happen to a worker core.

#include <troupe/actors/scheduler/exchange.hpp>
#include <troupe/actors/scheduler/ids.hpp>
#include <troupe/futures/clock.hpp>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace troupe::detail {

enum class run_outcome : std::uint8_t { done, failed, cancelled };

/// How an attempt that the core asked to run has ended.
struct executed_item {
  task_id task;
  attempt_id attempt;
  run_outcome outcome = run_outcome::done;
  /// False: it was dropped before the function was entered (outcome cancelled).
  bool started = true;
  /// Of the result, which the store keeps under `task` from now on.
  std::uint64_t nbytes = 0;
  /// Of a failure: passed on unread.
  payload_id error;
  bool retryable = true;
  time_point start{};
  time_point stop{};
};

struct fetched_item {
  task_id task;
  std::uint64_t nbytes = 0;
};

struct refused_item {
  task_id task;
  /// Why, for people.
  std::string problem;
};

/// A value that cannot be read back from where it was spilled to.
struct lost_value {
  task_id task;
  /// Why, for people.
  std::string problem;
};

namespace to_worker {

/// `payload` of each order is the worker actor's own number for the call it was sent.
struct compute {
  time_point now;
  std::vector<compute_order> orders;
};

struct stop {
  time_point now;
  std::vector<stop_order> orders;
};

struct free_data {
  time_point now;
  std::vector<task_id> tasks;
};

struct executed {
  time_point now;
  std::vector<executed_item> items;
};

struct suspended {
  time_point now;
  std::vector<suspended_item> items;
};

/// These values arrived and lie in the store. A fetch may be answered in parts, but each of its tasks is answered once,
/// by this, by fetch_failed or by fetch_refused.
struct fetched {
  time_point now;
  worker_id from;
  std::vector<fetched_item> items;
};

/// The peer does not have these, or cannot be reached.
struct fetch_failed {
  time_point now;
  worker_id from;
  std::vector<task_id> tasks;
};

/// A peer waits for the end of this attempt, whose order is here or on its way. Answer: watched_ended, at once for one
/// that has ended.
struct watch {
  time_point now;
  attempt_id attempt;
};

/// Memory is short, or is not any more: nothing begins meanwhile but what does not count as load.
struct pause {
  time_point now;
  bool on = true;
};

/// The peer has these and cannot give them.
struct fetch_refused {
  time_point now;
  worker_id from;
  std::vector<refused_item> items;
};

/// These are no longer in the store.
struct lost {
  time_point now;
  std::vector<lost_value> values;
};

/// In the place of `executed`: the attempt has not begun, because of these among the values that it took.
struct inputs_lost {
  time_point now;
  task_id task;
  attempt_id attempt;
  /// At least one.
  std::vector<lost_value> values;
};

}  // namespace to_worker

using worker_event = std::variant<to_worker::compute, to_worker::stop, to_worker::free_data, to_worker::executed,
                                  to_worker::suspended, to_worker::fetched, to_worker::fetch_failed, to_worker::pause,
                                  to_worker::fetch_refused, to_worker::watch, to_worker::lost, to_worker::inputs_lost>;

}  // namespace troupe::detail
