#pragma once

/// What a scheduler core remembers. Records refer to each other by pool index, `none` is nothing.

#include <troupe/actors/scheduler/actions.hpp>
#include <troupe/actors/scheduler/core.hpp>
#include <troupe/actors/scheduler/exchange.hpp>
#include <troupe/actors/scheduler/ids.hpp>
#include <troupe/actors/scheduler/internal/record_pool.hpp>
#include <troupe/futures/clock.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace troupe::detail {

/// In which the core reckons.
[[nodiscard]] inline double nanoseconds(duration time) noexcept {
  return static_cast<double>(std::chrono::nanoseconds(time).count());
}

/// Two cache lines, whatever a plain task needs; rarer things are in task_extras.
struct task_record {
  payload_id payload;
  attempt_id attempt;
  /// Counts submissions: tells the tasks that used one index apart.
  std::uint64_t serial = 0;
  /// Place in the queue of equal priority: the next of its client's (see client_record), or its parent's, so that what
  /// a task submitted comes before what was submitted after that task; and never after the last of what it depends on,
  /// so that results are used up before more are made.
  std::uint64_t order = 0;
  std::uint64_t nbytes = 0;

  std::uint32_t generation = 1;
  task_stage state = task_stage::waiting;
  bool in_use : 1 = false;
  bool suspended : 1 = false;
  /// Nobody wants the attempt that runs: the worker was told to drop it if it has not begun.
  bool abandoned : 1 = false;
  /// Of the ready queue.
  bool in_heap : 1 = false;
  bool has_deadline : 1 = false;
  /// The worker that runs it holds a copy that nobody counts.
  bool stray_copy : 1 = false;
  /// To the workers named in the extras.
  bool bound : 1 = false;
  bool aside : 1 = false;
  bool once : 1 = false;
  /// Runs only where its demand is met: see the extras.
  bool constrained : 1 = false;
  /// Its worker was asked to give it back, if it has not begun.
  bool recalled : 1 = false;
  /// Its worker may have taken what it depends on out of the store for it: it cannot be given back.
  bool uses_up : 1 = false;
  /// Runs though nobody wants its result.
  bool kept : 1 = false;
  /// An actor: copies of its result hold nothing.
  bool seated : 1 = false;
  /// An actor that somebody stopped.
  bool stopped : 1 = false;
  bool moves_inputs : 1 = false;
  /// Has its place in line from its submission.
  bool in_order : 1 = false;
  /// Came back once because what it waited for on its worker was not made.
  bool stays_back : 1 = false;
  /// May get a second attempt while it runs.
  bool speculates : 1 = false;
  /// Has one: see the extras.
  bool doubled : 1 = false;
  std::uint16_t attempt_number = 0;

  function_id function;
  std::int32_t priority = 0;
  std::uint32_t retries_left = 0;
  /// Dependencies not in memory: while waiting, and while processing if it was given ahead.
  std::uint32_t waiting_on = 0;
  /// Edges to tasks that are waiting, queued or processing.
  std::uint32_t live_dependents = 0;
  /// Whose thread is busy with it: while processing, and when cancelled until the attempt has ended.
  std::uint32_t worker = none;
  /// Neighbours in the ready queue, in the worker's list, or among the results whose first copy is on the holder.
  std::uint32_t prev = none;
  std::uint32_t next = none;
  std::uint32_t first_dep = none;
  std::uint32_t first_dependent = none;
  std::uint32_t last_dependent = none;
  std::uint32_t extras = none;
  std::uint32_t error = none;
  /// The first client that wants it; the others are a list of wanter records.
  std::uint32_t wanter = none;
  client_ref wanter_ref;
  std::uint32_t more_wanters = none;
  std::uint32_t holder = none;
  /// The last that came, of a ring.
  std::uint32_t more_holders = none;
  /// Of the current attempt, as it was counted into its worker's load.
  float expected_run = 0;
  float expected_nbytes = 0;
};
static_assert(sizeof(task_record) <= 136);

/// `dependent` needs `dep`. In two lists: singly linked in the dependent, in the order of submission; doubly linked in
/// the dep.
struct edge_record {
  std::uint32_t dep = none;  ///< none: an order_only edge whose dependency is done
  std::uint32_t dependent = none;
  std::uint32_t next_dep = none;
  std::uint32_t prev_dependent = none;
  std::uint32_t next_dependent = none;
  bool order_only = false;
  bool held = false;
};

struct wanter_record {
  std::uint32_t client = none;
  client_ref ref;
  std::uint32_t prev = none;
  std::uint32_t next = none;
};

/// A further copy of a task's result. In two rings: of the task's further copies, and of those on the worker.
struct holder_record {
  std::uint32_t task = none;
  std::uint32_t worker = none;
  std::uint32_t prev = none;
  std::uint32_t next = none;
  std::uint32_t prev_there = none;
  std::uint32_t next_there = none;
};

/// An actor that is wanted because a handle of it is in a task's result, or in what is kept of another actor.
struct kept_actor {
  std::uint32_t actor = none;
  bool in_snapshot = false;

  friend bool operator==(kept_actor const&, kept_actor const&) = default;
};

struct task_extras {
  std::string key;
  /// See submitted_task::arguments.
  std::uint64_t arguments = 0;
  std::vector<worker_id> workers;
  time_point deadline{};
  /// Workers that were lost while it ran there.
  std::uint32_t failures = 0;
  /// Attempts that ended because nobody could give what they depend on.
  std::uint32_t misses = 0;
  /// Of a seated task: how often it may be made anew.
  std::uint32_t restarts = 0;
  /// Whose handles its result has in it, and its snapshot where it is an actor itself.
  std::vector<kept_actor> keeps;
  /// Of an actor: in how many of those lists it is, and of values that lie with the scheduler.
  std::uint32_t keepers = 0;
  std::uint32_t demand = none;
  /// While processing.
  std::vector<resource_share> shares;
  /// The second attempt.
  attempt_id second;
  std::uint32_t parent = none;
  /// The parent's reference to it.
  std::uint32_t submitter = none;
  client_ref submitted_as;
  std::uint32_t first_child = none;
  std::uint32_t last_child = none;
  std::uint32_t prev_child = none;  ///< neighbours among the parent's children
  std::uint32_t next_child = none;
};

/// Shared by the task that failed and all that failed with it.
struct error_record {
  payload_id payload;
  error_cause cause = error_cause::function;
  task_id origin;
  std::uint32_t attempt_number = 0;
  worker_id worker;
  std::uint32_t tasks = 0;
  std::shared_ptr<by_scheduler::key_clash const> clash = {};
};

struct client_record {
  struct slot {
    std::uint32_t generation = 0;  ///< the last one seen
    std::uint32_t task = none;
    std::uint32_t wanter = none;  ///< none: the task's own first wanter
  };
  std::uint64_t session = 0;
  std::string name;
  std::vector<slot> slots;
  /// Start-time fair queueing: where its next task stands among those of all clients. A client that comes late begins
  /// where the queue is at that moment, so clients that want the same workers take turns, a task each.
  std::uint64_t next_order = 0;
};

struct worker_resource {
  std::string name;
  double total = 0;
  double taken = 0;
  /// By unit; empty where it is not counted in units.
  std::vector<bool> used;
};

/// What it takes to bring values to a worker over links of one kind, in nanoseconds.
struct link_cost {
  double latency = 0;
  /// The receiver's share of what a byte takes.
  double per_byte = 0;
};

/// Inputs of a task that are not where it may go.
struct inputs_to_move {
  /// On the worker's own host, and elsewhere.
  std::uint64_t near_bytes = 0;
  std::uint64_t far_bytes = 0;
  std::uint32_t near_count = 0;
  std::uint32_t far_count = 0;
  /// The senders' shares, in nanoseconds.
  double send = 0;
};

/// Where workers are that can meet without a network.
struct host_record {
  std::string name;
  std::vector<std::uint32_t> workers;
  /// Whose turn it is to be looked at.
  std::size_t turn = 0;
  /// Scratch of placement: the placed task's dependencies here, and the edge that was looked at last.
  std::uint64_t local_bytes = 0;
  std::uint32_t local_deps = 0;
  double send = 0;
  std::uint32_t last_edge = none;
};

struct worker_record {
  std::uint64_t session = 0;
  std::string name;
  std::string address;
  std::uint32_t host = none;
  link_cost near;
  link_cost far;
  /// Its share of what a byte takes that another host fetches from here.
  double send_per_byte = 0;
  std::vector<worker_resource> resources;
  std::uint32_t id = 0;
  std::uint32_t nthreads = 1;
  std::uint64_t memory_limit = 0;
  /// Bytes that it keeps in memory; what is beyond costs the time to write it to a disk.
  std::uint64_t memory_target = UINT64_MAX;
  /// Tasks given to it and not ended, those suspended or given ahead left out, and what they are expected to take, in
  /// nanoseconds.
  std::uint32_t assigned = 0;
  std::int64_t load = 0;
  /// When one more task would begin there, for placement; with what its memory costs.
  double load_per_thread = 0;
  /// What these tasks are expected to give.
  std::int64_t bytes_ahead = 0;
  /// What bounds them, as the way to the worker and back was measured.
  std::int64_t most_load = 0;
  std::int64_t most_bytes = 0;
  /// Nanoseconds from an order to the first report that may tell of it, as short as they can be; negative: never
  /// measured.
  double round_trip = -1;
  /// An order whose way is being measured, and when it was sent.
  attempt_id probe;
  time_point probe_sent{};
  /// Tasks given ahead that wait there for others, and what they are expected to take, in nanoseconds.
  std::uint32_t given_ahead = 0;
  std::int64_t load_to_come = 0;
  std::uint32_t heap_position = none;
  std::uint32_t first_task = none;
  std::uint32_t last_task = none;
  std::size_t tasks = 0;
  std::uint64_t stored_bytes = 0;
  /// Tasks whose results have their first copy here, and further copies.
  std::uint32_t first_copy = none;
  std::uint32_t further_copies = none;
  /// Actors that live there.
  std::size_t seats = 0;
  bool retiring = false;
  bool paused = false;
  /// By function: whether it cannot run it. What is beyond the end it can.
  std::vector<bool> lacks;
  /// The demands that it meets when nothing of it is in use; none while it retires.
  std::vector<std::uint32_t> demands;
  std::vector<task_id> to_free;

  [[nodiscard]] bool can_run(function_id function) const {
    return function.value >= lacks.size() || !lacks[function.value];
  }
  /// Scratch of placement: bytes of the placed task's dependencies here, and how many; whether it is looked at.
  std::uint64_t local_bytes = 0;
  std::uint32_t local_deps = 0;
  bool candidate = false;

  /// Nanoseconds that go by until there is room in its memory for so much beside what it holds and is about to make.
  [[nodiscard]] double crowding(std::uint64_t nbytes = 0) const {
    constexpr double disk_nanoseconds_per_byte = 5;
    auto there = stored_bytes + static_cast<std::uint64_t>(bytes_ahead) + nbytes;
    return there <= memory_target ? 0 : static_cast<double>(there - memory_target) * disk_nanoseconds_per_byte;
  }
};

/// An attempt beside the one that is in its task's record: a second one that may overtake it, or one that was
/// overtaken, or given up, and has not ended yet.
struct other_attempt {
  task_id task;
  std::uint32_t worker = none;
  /// As they were counted into the worker's load.
  float expected_run = 0;
  float expected_nbytes = 0;
  bool given_up = false;
  bool suspended = false;
  bool stray_copy = false;
  std::vector<resource_share> shares;
};

/// An attempt of a task that may get a second one.
struct watched_attempt {
  /// When to look whether it takes too long.
  time_point at;
  attempt_id attempt;
  std::uint32_t task = none;
  /// When it is thought to begin.
  time_point begins;
};

struct function_record {
  // Moving averages; negative: never measured.
  double mean_run = -1;  ///< nanoseconds
  double mean_nbytes = -1;
  /// So many were measured.
  std::uint32_t runs = 0;
  /// Tasks of it that are queued.
  std::int64_t queued = 0;
  /// Of what needs nothing but a worker that can run it; none as long as each could that ever came.
  std::uint32_t demand = none;
};

}  // namespace troupe::detail
