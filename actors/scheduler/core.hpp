#pragma once

#include <troupe/actors/scheduler/actions.hpp>
#include <troupe/actors/scheduler/events.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace troupe::detail {

enum class task_stage : std::uint8_t {
  waiting,     ///< for dependencies
  queued,      ///< ready, no worker has room
  processing,  ///< given to a worker
  memory,      ///< the result lies on at least one worker
  erred,
  cancelled,
  released,  ///< done, the result freed, kept to compute it again (only with lineage)
};
inline constexpr std::size_t task_stage_count = 7;
[[nodiscard]] char const* name_of(task_stage stage) noexcept;
[[nodiscard]] inline bool unfinished(task_stage s) {
  return s == task_stage::waiting || s == task_stage::queued || s == task_stage::processing;
}

/// A task went from one stage to another.
struct task_transition {
  time_point at{};
  /// The same twice: it was submitted.
  task_stage from = task_stage::waiting;
  task_stage to = task_stage::waiting;
  /// The worker that it was given to, or that holds the result; none otherwise.
  worker_id worker;
  std::uint16_t attempt_number = 0;

  friend bool operator==(task_transition const&, task_transition const&) = default;
};

/// `submitted`, or the stage that the task came to.
[[nodiscard]] inline char const* stage_reached(task_transition const& t) noexcept {
  return t.from == t.to ? "submitted" : name_of(t.to);
}

/// A transition of a task, by its serial, and who asked for the task first.
struct observed_transition {
  std::uint64_t serial = 0;
  client_id client;
  client_ref ref;
  task_transition what;
};

struct scheduler_options {
  /// Keep calls and dependencies of finished tasks as long as something wanted was made from them, so that what a
  /// worker takes with it can be computed again. Costs memory: arguments stay until then. Off: such data is lost.
  bool keep_lineage = false;
  /// How often a task may be running on a worker that is lost and begin again; once more and it fails.
  std::uint32_t allowed_failures = 3;
  /// How much measured work a worker is given ahead of need, per thread: this much, and twice as much as it does from
  /// an order to the report of it where that is more, but not more than the second.
  duration work_ahead = std::chrono::milliseconds(1);
  duration most_work_ahead = std::chrono::seconds(1);
  /// What a run takes until its function has been measured: long, so that one task per thread is given ahead.
  duration unknown_run_time = std::chrono::milliseconds(100);
  /// Unfinished tasks a worker holds at most, suspended ones not counted.
  std::uint32_t window_limit = 4096;
  /// Bytes of results a worker is expected to make ahead of need, per thread, so that those that use them can come in
  /// between: beyond it a worker is given two tasks per thread. Where it is given more work ahead, as many times more,
  /// but then for all threads not more than this share of the memory that it may fill.
  std::uint64_t bytes_ahead = std::uint64_t{256} << 10;
  double memory_ahead = 1.0 / 16;
  /// Give a task, while no other is ready, to a worker that makes what it still waits for, so that it begins there
  /// without a word from here.
  bool give_ahead = true;
  /// How often workers without work may get some of what others were given, and what it must save at least.
  duration steal_interval = std::chrono::milliseconds(1);
  /// A task that may have a second attempt gets it when it has run for so many times as long as its function does on
  /// average, and for so much longer than that, once so many runs of the function were measured.
  double straggler_factor = 3;
  duration straggler_patience = std::chrono::milliseconds(100);
  std::uint32_t straggler_samples = 3;
  /// How long tasks wait for what no worker has before that is said.
  duration unmet_patience = std::chrono::seconds(5);
  /// Transitions that are remembered, of all tasks together.
  std::size_t remembered_transitions = std::size_t{1} << 16;
  /// What moving a dependency to another worker takes until it was measured, for placement; half of that within a host.
  duration transfer_latency = std::chrono::microseconds(50);
  std::uint64_t transfer_bytes_per_second = 1'000'000'000;
  /// Part of a worker's memory limit beyond which its results go to a disk.
  double memory_target = 0.6;
};

struct scheduler_statistics {
  std::array<std::size_t, task_stage_count> tasks_in{};
  std::size_t tasks = 0;
  std::size_t clients = 0;
  std::size_t workers = 0;
  /// Client references that name a task.
  std::size_t references = 0;
  /// Calls and errors the actor must keep.
  std::size_t payloads = 0;
  std::size_t errors = 0;
  std::size_t dependencies = 0;
  /// Copies of results on workers, and their bytes.
  std::size_t copies = 0;
  std::uint64_t stored_bytes = 0;
  /// Threads of all workers.
  std::uint64_t threads = 0;
  std::uint64_t transitions = 0;
  /// Second attempts of tasks that ran for long, and how many of them ended first with a result.
  std::uint64_t second_attempts = 0;
  std::uint64_t overtaken = 0;
  /// Tasks that workers were given and that use a thread or wait for one, and what they and those that are queued are
  /// expected to take, in nanoseconds.
  std::uint64_t assigned = 0;
  std::int64_t assigned_time = 0;
  std::int64_t queued_time = 0;
};

/// How many workers there is work for. Those that retire do not count.
struct worker_plan {
  std::uint32_t target = 0;
  /// Those that are there, in the order in which they had best leave: first those that hold no actor, of these those
  /// that have no tasks, of these those that hold the fewest bytes, of these the youngest.
  std::vector<worker_id> leaving;
  /// So many of them, from the first on, can leave at once: they are idle, and the others have room for twice the bytes
  /// of all results.
  std::uint32_t spare = 0;
};

/// A task's result, for whoever asks where it is.
struct data_record {
  task_id task;
  task_stage stage = task_stage::waiting;
  function_id function;
  /// Of its call; none where that is not kept any more.
  payload_id payload;
  /// "" where the user gave none.
  std::string key;
  std::uint64_t nbytes = 0;
  /// An actor: it is where it is.
  bool seated = false;
  /// Who holds it: nobody unless it is in memory.
  std::vector<worker_id> workers;
};

/// Decides which worker runs what, when results are freed and who is told. A state machine: an event goes in, actions
/// come out; no clock, thread, socket or callable inside, and equal events give equal actions.
/// One thread at a time. Handlers may see an event twice and messages of ended attempts, removed workers or removed
/// clients: those change nothing. Cost: constant per task and per dependency, logarithmic in the number of workers with
/// room and in the number of tasks that become ready out of submission order. Of a task that demands something: linear
/// in the demands that a worker with room meets, or, when it begins to wait, in the workers that meet its own.
class scheduler_core {
 public:
  explicit scheduler_core(scheduler_options options = {});
  scheduler_core(scheduler_core&&) noexcept;
  scheduler_core& operator=(scheduler_core&&) noexcept;
  ~scheduler_core();

  /// Appends what is to be done to `out`.
  void handle(scheduler_event event, std::vector<scheduler_action>& out);

  /// When the next tick is wanted: for a deadline, or a demand that is not met.
  [[nodiscard]] std::optional<time_point> next_deadline();

  [[nodiscard]] scheduler_options const& options() const;
  /// Kept up to date by the events: constant time.
  [[nodiscard]] scheduler_statistics statistics() const;
  /// Copies of results on this worker, in bytes; 0 for one that left.
  [[nodiscard]] std::uint64_t stored_bytes(worker_id worker) const;
  /// Tasks that this worker was given and that have not ended.
  [[nodiscard]] std::size_t tasks_on(worker_id worker) const;
  /// The task that a client's reference names; a default id where it names none.
  [[nodiscard]] task_id find(client_id client, client_ref ref) const;
  /// Empty for a task that was forgotten.
  [[nodiscard]] std::optional<data_record> data(task_id task) const;
  /// How many workers there should be so that all work is done within about `target_duration`:
  ///
  ///     threads = min(ceil((time of the tasks given to workers + time of those queued) / target_duration),
  ///                   tasks given to workers + tasks queued)
  ///     workers = ceil(threads / mean threads of a worker)
  ///     workers = max(workers, 1)              where tasks are queued and no worker is there
  ///     workers = max(workers, 2 * present)    where results take more than memory_target of the workers' limits
  ///     target  = max(workers, present - spare)
  ///
  /// The time of a task is the mean of its function's runs (unknown_run_time before the first); tasks that wait for
  /// others, or without a thread, do not count. While nobody is there a worker has as many threads as the last that
  /// joined. Constant time, but for the order of leaving: linear in workers, and logarithmic.
  [[nodiscard]] worker_plan plan(duration target_duration) const;
  /// Where the task is and why it does not run, for people; "" for a task that was forgotten.
  [[nodiscard]] std::string explain(task_id task) const;
  /// What happened to it, as far as it is remembered. Linear in what is remembered.
  [[nodiscard]] std::vector<task_transition> story(task_id task) const;
  /// From now on transitions are kept until they are taken, or not any more. Off at first.
  void observe(bool on);
  [[nodiscard]] std::vector<observed_transition> take_transitions();
  /// With their serials. Linear in the number of tasks.
  [[nodiscard]] std::vector<std::pair<std::uint64_t, data_record>> all_tasks() const;
  /// All results in memory. Linear in the number of tasks.
  [[nodiscard]] std::vector<data_record> all_data() const;

  /// Throws std::logic_error that names the first broken invariant. Linear in everything: for tests.
  void validate() const;

  struct state;

 private:
  std::unique_ptr<state> state_;
};

}  // namespace troupe::detail
