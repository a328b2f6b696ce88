#pragma once

/// What can happen to a scheduler core. Every event carries the time at which the actor saw it; an event is a batch.

#include <troupe/actors/scheduler/exchange.hpp>
#include <troupe/actors/scheduler/ids.hpp>
#include <troupe/futures/clock.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace troupe::detail {

/// A future among a task's arguments, or one it only has to come after.
struct submitted_dep {
  client_ref ref;
  /// Wait for it, take nothing from it. Its failure or cancellation still reaches the task.
  bool order_only = false;
  /// Keep it as long as the task has not ended, take nothing from it: an actor whose handle is among the arguments.
  bool held = false;
};

/// The attempt inside which a task was submitted.
struct submitted_parent {
  task_id task;
  attempt_id attempt;
};

struct submitted_task {
  client_ref ref;
  function_id function;
  payload_id payload;
  /// Of the encoded call.
  std::uint64_t payload_nbytes = 0;
  /// Larger is more important.
  std::int32_t priority = 0;
  /// Further executions after the first has failed.
  std::uint32_t retries = 0;
  std::optional<time_point> deadline;
  std::optional<submitted_parent> parent;
  /// An error: the task fails at once, because nobody can run it.
  payload_id refused;
  /// Empty: the task is nobody else's. Equal keys share one task, whoever submits them.
  std::string key;
  /// With a key that a user gave: of the arguments, so that a key cannot come to mean two calls. 0: it joins whatever
  /// task has the key.
  std::uint64_t arguments = 0;
  /// Only these may run it; empty: any. When all of them have left it is cancelled.
  std::vector<worker_id> workers;
  /// See compute_order::aside. Waits for no room; where no worker is named, workers take turns by their threads.
  bool aside = false;
  /// Its function may move what it takes out of the store.
  bool moves_inputs = false;
  /// May run a second time, elsewhere, while it runs for long: the first result counts.
  bool speculate = false;
  /// Its call is not kept: what it gives cannot be computed again. For values that were put there.
  bool once = false;
  /// What it makes stays where it is made: an actor. Lost with its worker, it is made anew as often as this says.
  std::optional<std::uint32_t> restarts;
  /// Runs where these are free, and holds them meanwhile. Each name once, amounts above 0.
  std::vector<resource_amount> resources;
  /// Names, addresses or hosts of the workers that may run it; empty: any. It waits for one to come.
  std::vector<std::string> only_on;
  /// Any worker may, while none of these is there.
  bool allow_other = false;
  /// It was submitted where it is to run: keeps its place in line when what it depends on is done.
  bool in_order = false;
  /// References of the same client, each at most once, submitted before or earlier in the batch.
  std::vector<submitted_dep> deps;
};

namespace to_scheduler {

/// `session` is unique for this client's stay; the same session again gets the same id. Answer: client_added.
struct add_client {
  time_point now;
  std::uint64_t session = 0;
  std::string name;
};

/// Releases everything the client holds.
struct remove_client {
  time_point now;
  client_id client;
};

/// `session` as for add_client. Answer: worker_added.
struct add_worker {
  time_point now;
  std::uint64_t session = 0;
  std::string name;
  std::uint32_t nthreads = 1;
  /// Bytes; 0 is no limit.
  std::uint64_t memory_limit = 0;
  /// `tcp://host:port`, or nothing.
  std::string address = {};
  std::vector<resource_amount> resources = {};
  /// Functions that it cannot run, of those that are known.
  std::vector<function_id> lacks = {};
};

/// Of the workers that are there these cannot run the function, the others can.
struct set_lacking {
  time_point now;
  function_id function;
  std::vector<worker_id> workers;
};

/// What it was running goes elsewhere; what only it held is computed again if lineage is kept, else it fails as lost.
struct remove_worker {
  time_point now;
  worker_id worker;
};

/// A reference that the client holds already is skipped, so the same batch twice is one submission.
struct submit {
  time_point now;
  client_id client;
  std::vector<submitted_task> tasks;
};

/// The client's last futures on these went. A task that nobody wants or needs any more is forgotten: not run if it had
/// not begun, else left to finish.
struct release {
  time_point now;
  client_id client;
  std::vector<client_ref> refs;
};

/// Ends these tasks for everybody, with what depends on them and what they submitted. A finished task stays as it is.
struct cancel {
  time_point now;
  client_id client;
  std::vector<client_ref> refs;
};

/// What has failed runs again, with what made it fail, and is the client's under a new reference.
struct retry {
  struct item {
    client_ref ref;
    /// The reference it has so far.
    client_ref of;
  };
  time_point now;
  client_id client;
  std::vector<item> items;
};

/// These tasks run though nobody may want their results.
struct keep {
  time_point now;
  client_id client;
  std::vector<client_ref> refs;
};

/// The client wants this task, too, which it knows from elsewhere than by submitting it.
struct refer {
  time_point now;
  client_id client;
  client_ref ref;
  task_id task;
  /// Names the task, if it has no name; "" for none.
  std::string key;
};

struct report {
  time_point now;
  worker_id worker;
  worker_report items;
};

/// Time went by: cancels what has passed its deadline. Wanted at scheduler_core::next_deadline().
struct tick {
  time_point now;
};

/// The worker forgets its copy of this result, unless it is the only one or a task is running that may rely on it.
struct drop_copy {
  time_point now;
  task_id task;
  worker_id worker;
};

/// The worker gets no more tasks, or gets some again. What has begun goes on, the rest it gives back.
struct retire {
  time_point now;
  worker_id worker;
  bool on = true;
};

/// The worker's memory is short, or is not any more: it gets no tasks meanwhile and gives back what has not begun.
struct pause {
  time_point now;
  worker_id worker;
  bool on = true;
};

/// Ends and forgets everything for everybody: what is unfinished is cancelled, what runs asked to stop, results are
/// freed, failures and keys forgotten. References stay, to what is cancelled, until they are released.
struct restart {
  time_point now;
};

/// What is kept of this actor, for when it is made anew, has handles of these actors in it, named by their keys; no
/// longer of those of the last time.
struct note_snapshot {
  time_point now;
  task_id actor;
  std::vector<std::string> handles;
};

/// A value that lies with the scheduler itself has handles of these actors in it, named by their keys: it keeps them
/// until it is dropped. No two values get the same number.
struct keep_for_value {
  time_point now;
  std::uint64_t value = 0;
  std::vector<std::string> handles;
};
/// Nobody will get these values any more.
struct drop_values {
  time_point now;
  std::vector<std::uint64_t> values;
};

/// This actor was stopped: its key is free for another.
struct note_stop {
  time_point now;
  task_id actor;
};

}  // namespace to_scheduler

/// What clients send themselves.
template <class Event>
concept client_event = std::same_as<Event, to_scheduler::submit> || std::same_as<Event, to_scheduler::release> ||
                       std::same_as<Event, to_scheduler::cancel> || std::same_as<Event, to_scheduler::retry> ||
                       std::same_as<Event, to_scheduler::keep>;

using scheduler_event =
    std::variant<to_scheduler::add_client, to_scheduler::remove_client, to_scheduler::add_worker,
                 to_scheduler::remove_worker, to_scheduler::submit, to_scheduler::release, to_scheduler::cancel,
                 to_scheduler::report, to_scheduler::tick, to_scheduler::refer, to_scheduler::drop_copy,
                 to_scheduler::retire, to_scheduler::restart, to_scheduler::retry, to_scheduler::keep,
                 to_scheduler::pause, to_scheduler::note_snapshot, to_scheduler::keep_for_value,
                 to_scheduler::drop_values, to_scheduler::note_stop, to_scheduler::set_lacking>;

}  // namespace troupe::detail
