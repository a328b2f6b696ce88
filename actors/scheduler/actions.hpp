#pragma once

/// What a scheduler core wants done. The actor carries the actions out in order; grouping per receiver is its business.

#include <troupe/actors/scheduler/exchange.hpp>
#include <troupe/actors/scheduler/ids.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace troupe::detail {

enum class cancel_reason : std::uint8_t {
  requested,      ///< somebody called cancel
  deadline,       ///< its deadline passed
  parent,         ///< the task that submitted it was cancelled
  dependency,     ///< something it depends on was cancelled
  function,       ///< the function ended by saying that it was cancelled
  bad_reference,  ///< a reference it was submitted with names nothing
  worker_left,    ///< the workers that may run it have left
  restarted,      ///< the cluster was restarted
};

enum class error_cause : std::uint8_t {
  function,      ///< the function threw: the error is in the payload
  lost_data,     ///< the only copies of a result are gone and it cannot be computed again; a payload if they could not
                 ///< be read back from where they were spilled to, none if they went with their workers
  other_call,    ///< its key is that of the origin, which is another call; no payload
  lost_workers,  ///< it was running on each of too many workers that were lost; no payload
};

namespace by_scheduler {

struct client_added {
  std::uint64_t session = 0;
  client_id client;
};

struct worker_added {
  std::uint64_t session = 0;
  worker_id worker;
};

struct compute {
  worker_id worker;
  compute_order order;
};

struct stop_task {
  worker_id worker;
  stop_order order;
};

/// The worker forgets these results.
struct free_data {
  worker_id worker;
  std::vector<task_id> tasks;
};

/// These calls will not be named again.
struct drop_payloads {
  std::vector<payload_id> payloads;
};

/// These errors will not be named again.
struct drop_errors {
  std::vector<payload_id> errors;
};

/// This actor will not be made anew: what is kept of it is of no use.
struct drop_snapshot {
  task_id actor;
};

/// The result lies at `worker`. Comes again when a lost result was computed again.
struct task_finished {
  client_id client;
  client_ref ref;
  task_id task;
  worker_id worker;
  std::uint64_t nbytes = 0;
};

/// Two calls that were given one key; what is left of them when somebody hears of it is anybody's guess.
struct key_clash {
  std::string key;
  /// Whose key it is, and what was called with it besides.
  function_id first;
  function_id second;
};

/// The error stays valid until drop_errors names it: later in the actions, never before this one.
struct task_erred {
  client_id client;
  client_ref ref;
  task_id task;
  /// The task whose failure this is: `task` itself or something it depends on.
  task_id origin;
  error_cause cause = error_cause::function;
  payload_id error;
  /// Of the origin's last execution.
  std::uint32_t attempt_number = 0;
  worker_id worker;
  /// Where the cause is other_call.
  std::shared_ptr<key_clash const> clash = {};
};

/// The client still holds the reference: it releases it as any other.
struct task_cancelled {
  client_id client;
  client_ref ref;
  task_id task;
  cancel_reason reason = cancel_reason::requested;
};

/// Tasks have waited for long for what no worker has.
struct unmet_demand {
  std::size_t tasks = 0;
  /// For people.
  std::string reason;
};

}  // namespace by_scheduler

using scheduler_action =
    std::variant<by_scheduler::client_added, by_scheduler::worker_added, by_scheduler::compute, by_scheduler::stop_task,
                 by_scheduler::free_data, by_scheduler::drop_payloads, by_scheduler::drop_errors,
                 by_scheduler::task_finished, by_scheduler::task_erred, by_scheduler::task_cancelled,
                 by_scheduler::unmet_demand, by_scheduler::drop_snapshot>;

}  // namespace troupe::detail
