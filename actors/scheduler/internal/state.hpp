#pragma once

#include <troupe/actors/scheduler/core.hpp>
#include <troupe/actors/scheduler/internal/demand.hpp>
#include <troupe/actors/scheduler/internal/event_log.hpp>
#include <troupe/actors/scheduler/internal/open_workers.hpp>
#include <troupe/actors/scheduler/internal/ready_queue.hpp>
#include <troupe/actors/scheduler/internal/record_pool.hpp>
#include <troupe/actors/scheduler/internal/records.hpp>

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::detail {

/// `host` of `tcp://host:port` and `tcp://[host]:port`.
[[nodiscard]] std::string_view host_in(std::string_view address);

/// All of a scheduler core. Each group of members is one source file.
///
/// How a task's record lives: it is made by submit and forgotten when no client refers to it, no unfinished task needs
/// it, and no worker runs it. Whatever may have made a record superfluous puts it on `unneeded_`; settle() then looks
/// and cascades, so that nothing recurses along a graph.
struct scheduler_core::state {
  /// A reference beyond this comes from a broken client and must not size a table.
  static constexpr std::uint32_t max_references = 1U << 28;
  /// Clients count their references densely: one far beyond the last comes from a broken one, too.
  static constexpr std::uint32_t max_gap = 1U << 16;
  static constexpr std::uint32_t most_misses = 100;

  explicit state(scheduler_options const& o)
      : options(o), log(o.remembered_transitions), steal_pause(o.steal_interval) {}

  // core.cpp
  void handle(scheduler_event& event, std::vector<scheduler_action>& to);
  void on(to_scheduler::add_client& e);
  void on(to_scheduler::remove_client& e);
  void on(to_scheduler::add_worker& e);
  void on(to_scheduler::remove_worker& e);
  void on(to_scheduler::submit& e);
  void on(to_scheduler::release& e);
  void on(to_scheduler::cancel& e);
  void on(to_scheduler::report& e);
  void on(to_scheduler::tick& e);
  void on(to_scheduler::refer& e);
  void on(to_scheduler::drop_copy& e);
  void on(to_scheduler::retire& e);
  void on(to_scheduler::restart& e);
  void on(to_scheduler::retry& e);
  void on(to_scheduler::keep& e);
  void on(to_scheduler::pause& e);
  void on(to_scheduler::note_snapshot& e);
  void on(to_scheduler::keep_for_value& e);
  void on(to_scheduler::drop_values& e);
  void on(to_scheduler::note_stop& e);
  void on(to_scheduler::set_lacking& e);
  [[nodiscard]] client_record* find(client_id client);
  [[nodiscard]] worker_record* find(worker_id worker);
  /// The task's index, or none if the id is of an earlier task.
  [[nodiscard]] std::uint32_t find(task_id task) const;
  [[nodiscard]] client_record::slot* find_slot(client_record& client, client_ref ref);
  [[nodiscard]] task_id id_of(std::uint32_t task) const { return {task, tasks[task].generation}; }
  void set_state(task_record& task, task_stage to);
  [[nodiscard]] static bool wanted(task_record const& task) { return task.wanter != none || task.more_wanters != none; }
  /// On a worker, where it waits for others.
  [[nodiscard]] static bool given_ahead(task_record const& task) {
    return task.state == task_stage::processing && task.waiting_on > 0;
  }
  [[nodiscard]] task_extras& extras_of(task_record& task);
  void add_deadline(std::uint32_t task, time_point deadline);
  void drop_deadline(task_record& task);
  [[nodiscard]] std::optional<time_point> next_deadline();
  void send_frees();
  void send_drops();
  template <class Action>
  void emit(Action&& action) {
    out->emplace_back(std::forward<Action>(action));
  }

  // core_submit.cpp
  void submit_one(client_id client, submitted_task& from);
  /// Whether the key of this task would mean two calls.
  [[nodiscard]] bool is_other_call(std::uint32_t known, submitted_task const& from) const;
  /// Whether it makes an actor that is to have the name of one that has ended.
  [[nodiscard]] bool follows_ended(std::uint32_t known, submitted_task const& from) const;
  void refuse_key(client_id client, submitted_task& from, client_record::slot& slot, std::uint32_t known);
  void subscribe(std::uint32_t task, client_id client, client_ref ref, client_record::slot& slot);
  [[nodiscard]] std::uint32_t make_task(client_record& client, submitted_task& from);
  void link(std::uint32_t dep, std::uint32_t dependent, std::uint32_t& last, submitted_dep const& how);
  /// True if the parent is cancelled already.
  [[nodiscard]] bool adopt(std::uint32_t child, submitted_parent const& parent, client_id by, client_ref as);
  /// Lets it wait for its dependencies, or queues it. With `revive`, it had finished and needs its dependencies anew.
  void make_pending(std::uint32_t task, bool revive);
  /// Its call is kept when it has finished.
  [[nodiscard]] bool can_be_made_anew(task_record const& task) const {
    return (options.keep_lineage || task.seated) && !task.once;
  }
  void mark_pending(std::uint32_t task, bool revive);
  void count_pending();
  void count_dependencies(std::uint32_t task);
  void drop_payload_of(task_record& task);

  // core_data.cpp
  [[nodiscard]] task_id find(client_id client, client_ref ref) const;
  /// Clients number their references from 0: nobody comes to such a one.
  [[nodiscard]] static bool is_too_far(client_record const& client, client_ref ref);
  /// For a task that the client refers to from now on; null for a reference seen before.
  [[nodiscard]] client_record::slot* take_slot(client_record& client, client_ref ref);
  [[nodiscard]] data_record describe_data(std::uint32_t task) const;

  // core_bound.cpp
  void enqueue(std::uint32_t task);
  /// It is queued: into the queue that is its own.
  void line_up(std::uint32_t task);
  /// Its place in the queue is not after that of the last of what it depends on.
  void inherit_order(task_record& task);
  void dequeue(std::uint32_t task);
  void place_bound();
  /// Where a task of no load goes: the workers that can run it take turns, each as often as it has threads. Null where
  /// none of them stays.
  [[nodiscard]] worker_record* next_in_turn(function_id function);
  [[nodiscard]] bool is_stranded(function_id function) const;

  // core_match.cpp
  void constrain(std::uint32_t task, submitted_task& from);
  [[nodiscard]] std::uint32_t enter_demand(needs what);
  void leave_demand(std::uint32_t index);
  void note_lacking(worker_record& worker, std::vector<function_id> const& lacks);
  /// Not every worker can run these functions: from now on their tasks demand one that can.
  void restrict_functions(std::vector<function_id> const& which);
  /// True where it was queued, and has to line up again.
  [[nodiscard]] bool demand_function(std::uint32_t task);
  [[nodiscard]] static bool is_named(worker_record const& worker, std::vector<std::string> const& names);
  /// Whether none of the workers it names is needed.
  [[nodiscard]] bool goes_anywhere(demand const& wanted) const;
  /// When nothing of the worker is in use.
  [[nodiscard]] static bool meets(worker_record const& worker, demand const& wanted, bool anywhere);
  /// Finds out who meets the demand.
  void match(std::uint32_t index);
  /// The worker came, or stays again, and may be given what waits.
  void match(worker_record& worker);
  /// It leaves.
  void unmatch(worker_record& worker);
  void match_those_that_go_elsewhere();

  // core_demand.cpp
  void place_constrained();
  void want_places(std::uint32_t index);
  template <class Find>
  void place_most_important(std::vector<std::uint32_t> const& of, Find const& find_worker);
  [[nodiscard]] static worker_resource make_resource(resource_amount from);
  [[nodiscard]] worker_record* best_for(demand const& wanted) const;
  [[nodiscard]] static bool has_free(worker_record const& worker, demand const& wanted);
  [[nodiscard]] static std::vector<resource_share> take_shares(demand const& wanted, worker_record& worker);
  static void give_shares_back(std::vector<resource_share> const& shares, worker_record& worker);
  void say_what_is_unmet();
  [[nodiscard]] time_point next_look_at_demands() const;
  /// Why a queued task does not run, for people.
  [[nodiscard]] std::string unmet(demand const& wanted) const;

  // core_plan.cpp
  [[nodiscard]] worker_plan plan(duration target_duration) const;
  [[nodiscard]] std::uint64_t workers_needed(duration target_duration) const;
  /// Of these, which are in the order of leaving.
  [[nodiscard]] std::uint32_t count_spare(std::vector<worker_id> const& leaving) const;
  [[nodiscard]] function_record& function_of(function_id id);
  /// Tasks of this function came into the queue, or left it.
  void count_queued(function_id function, std::int64_t change);
  /// It stays from now on, or not any more.
  void count_staying(worker_record const& worker, bool stays);

  // core_explain.cpp
  static constexpr char const* nobody = "it waits for workers: there is none";
  [[nodiscard]] std::string explain(std::uint32_t task) const;
  [[nodiscard]] bool all_are_paused() const;

  // core_release.cpp
  void unsubscribe(client_record::slot& slot);
  [[nodiscard]] bool needed(task_record const& task) const;
  void maybe_unneeded(std::uint32_t task);
  void settle();
  void let_go(std::uint32_t task);
  void forget(std::uint32_t task);
  /// Gives up its dependencies; `live`: it had not finished.
  void unlink_deps(std::uint32_t task, bool live);
  /// It finished: it needs its dependencies no longer, but what they were stays known.
  void end_need(std::uint32_t task);
  void detach(std::uint32_t edge_index);
  void forget_key(task_record& task);
  void forget_family(task_record& task);

  // core_handles.cpp
  void on_handles(worker_record const& worker, handles_item const& item);
  void keep_actors(std::uint32_t task, std::vector<std::string> const& handles, bool in_snapshot);
  void keep_actor(std::uint32_t task, kept_actor which);
  void let_actor_go(std::uint32_t actor);
  void drop_all_values();
  /// The handles among the arguments of this task are in what it has made as well.
  void keep_held(std::uint32_t task);
  /// Nobody will read its result any more.
  void drop_handles(task_record& task);
  [[nodiscard]] bool kept_by_values(task_record const& task) const {
    return task.seated && task.extras != none && extras[task.extras].keepers > 0;
  }

  // core_report.cpp, core_lost.cpp
  /// The task if this worker runs this attempt of it; none for a late message.
  [[nodiscard]] std::uint32_t running(task_id task, attempt_id attempt, worker_record const& worker) const;
  void on_done(worker_record& worker, done_item const& item);
  void on_failed(worker_record& worker, failed_item const& item);
  /// `task`: none for a late message.
  void end_failed(std::uint32_t task, attempt_id attempt, worker_record& worker, payload_id error, bool retryable);
  void on_cancelled(worker_record& worker, cancelled_item const& item);
  void on_suspended(worker_record& worker, suspended_item const& item);
  void on_missing(worker_record& worker, missing_item const& item);
  void on_lost(worker_record& worker, lost_item const& item);
  void on_unreadable(worker_record& worker, unreadable_item const& item);
  void on_left(worker_record& worker, task_id actor);
  void on_replica(worker_record& worker, replica_item const& item);
  void measure(function_id function, duration run);
  void measure(function_id function, std::uint64_t nbytes);
  void into_memory(std::uint32_t task, worker_record& worker, std::uint64_t nbytes);
  void take_off(std::uint32_t task, worker_record& worker);
  /// In the worker's list, or not any more.
  void list(std::uint32_t task, worker_record& worker);
  void unlist(std::uint32_t task, worker_record& worker);
  void free_at(worker_record& worker, task_id task);

  // core_copies.cpp
  [[nodiscard]] bool holds(std::uint32_t task, std::uint32_t worker) const;
  void add_copy(std::uint32_t task, worker_record& worker);
  /// False where there is none.
  bool remove_copy(std::uint32_t task, worker_record& worker);
  void free_copies(std::uint32_t task);
  /// Gives back what it had the only copies of.
  [[nodiscard]] std::vector<std::uint32_t> remove_copies_on(worker_record& worker);
  void count_copy(task_record const& task, worker_record& worker);
  void uncount_copy(task_record const& task, worker_record& worker);
  void list_first(std::uint32_t task);
  void unlist_first(std::uint32_t task);
  void remove_further(std::uint32_t node);
  template <class Each>
  void for_each_further(task_record const& task, Each each) const {
    auto node = task.more_holders;
    if (node == none) return;
    do {
      each(holders[node].worker);
      node = holders[node].next;
    } while (node != task.more_holders);
  }

  // core_end.cpp
  void cancel_tree(std::uint32_t task, cancel_reason reason);
  void cancel_one(std::uint32_t task, cancel_reason reason);
  /// From whatever stage, and without what hangs on it.
  void make_cancelled(std::uint32_t task, cancel_reason reason);
  /// Nobody but the task that submitted it holds it, by one reference.
  [[nodiscard]] bool only_its_parents(task_record const& task) const;
  void fail_tree(std::uint32_t task, std::uint32_t error);
  void fail_one(std::uint32_t task, std::uint32_t error);
  void release_error(std::uint32_t error);
  void drop_error(payload_id error);
  [[nodiscard]] std::uint32_t make_error(payload_id payload, error_cause cause, std::uint32_t origin, worker_id worker);
  void notify(std::uint32_t task, cancel_reason reason = cancel_reason::requested);
  void notify_one(std::uint32_t task, client_id client, client_ref ref, cancel_reason reason);

  // core_retry.cpp
  /// It failed: it and what made it fail wait again, as far as their calls are still there.
  void run_failed_again(std::uint32_t task);

  // core_lost.cpp
  [[nodiscard]] std::vector<std::uint32_t> blame(std::vector<std::uint32_t> const& had, worker_record const& worker);
  void fail_lost(std::uint32_t task, error_cause cause, worker_id worker, payload_id error = {});
  enum class parting : bool { unforeseen, in_order };
  void lose(std::vector<std::uint32_t> const& lost, worker_id with, payload_id error = {},
            parting how = parting::unforeseen);
  /// Its attempt ended before it began.
  void run_again(std::uint32_t task);

  // core_ahead.cpp
  /// It may have become possible to give it ahead.
  void note_ahead(std::uint32_t task);
  void note_dependents_ahead(std::uint32_t task);
  void give_ahead();
  void try_ahead(std::uint32_t task);
  /// Null where it has to wait here.
  [[nodiscard]] worker_record* choose_ahead(std::uint32_t task);
  [[nodiscard]] bool may_go_ahead(task_record const& task) const;
  /// Large values that others are making.
  [[nodiscard]] bool awaits_much(task_record const& task, worker_record const& worker) const;
  [[nodiscard]] bool has_room_ahead(worker_record const& worker) const;
  /// The last of what it waited for on its worker is made.
  void begin_to_count(std::uint32_t task);

  // core_place.cpp
  void place_all();
  [[nodiscard]] worker_record& choose(task_record const& task);
  void make_candidate(worker_record& worker);
  /// What this edge of the task to be placed depends on is there.
  void note_copy(std::uint32_t edge, worker_record& worker);
  /// On so many workers that they are not all looked at.
  [[nodiscard]] bool is_widespread(task_record const& task) const;
  [[nodiscard]] std::uint32_t count_widespread(worker_record const& worker) const;
  void note_widespread(worker_record& least);
  void assign(std::uint32_t task, worker_record& worker);
  [[nodiscard]] dependency describe(task_record const& task, std::uint32_t dep, worker_record const& target);
  [[nodiscard]] double expected_run(function_id function) const;
  [[nodiscard]] double expected_nbytes(function_id function) const;
  [[nodiscard]] bool has_room(worker_record const& worker) const;
  /// Tells the worker to run it in this attempt.
  compute_order& send_order(std::uint32_t task, worker_record& worker, attempt_id attempt);
  /// The attempt counts as work of its worker, or does not any more.
  template <class Attempt>
  void add_load(worker_record& worker, Attempt const& what) {
    if (worker.assigned++ >= worker.nthreads) ++surplus;
    worker.load += static_cast<std::int64_t>(what.expected_run);
    ++stats.assigned;
    stats.assigned_time += static_cast<std::int64_t>(what.expected_run);
    worker.bytes_ahead += static_cast<std::int64_t>(what.expected_nbytes);
  }
  template <class Attempt>
  void remove_load(worker_record& worker, Attempt const& what) {
    if (--worker.assigned >= worker.nthreads) --surplus;
    worker.load -= static_cast<std::int64_t>(what.expected_run);
    --stats.assigned;
    stats.assigned_time -= static_cast<std::int64_t>(what.expected_run);
    worker.bytes_ahead -= static_cast<std::int64_t>(what.expected_nbytes);
  }
  void load_changed(worker_record& worker) { open.update(worker, has_room(worker)); }

  // core_links.cpp
  /// On the host that its address names.
  void settle_in(worker_record& worker);
  void move_out(worker_record& worker);
  void on_transfer(worker_record& to, transfer_item const& item);
  /// Nanoseconds that it takes to bring all that to a worker.
  [[nodiscard]] static double transfer_cost(worker_record const& to, inputs_to_move const& what);
  [[nodiscard]] double transfer_cost(worker_record const& to, task_record const& task) const;
  void on_heard(worker_record& worker, order_echo const& heard);
  /// How much it is given ahead, so that it does not run out of work while news of it and orders are on their way.
  void size_window(worker_record& worker);

  // core_speculate.cpp
  /// It may get a second attempt if it takes too long.
  void watch(std::uint32_t task);
  [[nodiscard]] bool stale(watched_attempt const& entry) const;
  /// When it will have taken too long, or the next time to ask.
  [[nodiscard]] time_point too_late(watched_attempt const& entry) const;
  [[nodiscard]] time_point next_watched();
  void put_watched(watched_attempt const& entry);
  watched_attempt take_watched();
  void speculate();
  /// False where none of these may run it, or it should not.
  bool start_second(std::uint32_t task, std::vector<worker_record*> const& idle);
  [[nodiscard]] bool may_run_on(task_record const& task, worker_record const& worker) const;
  using other_attempts = std::map<std::uint64_t, other_attempt>;
  /// An attempt on this worker that is none of those in records.
  [[nodiscard]] other_attempts::iterator find_other(attempt_id attempt, worker_record const& worker);
  /// It has ended, or its worker has left. The task that still runs without it; none if it was given up.
  std::uint32_t end_other(other_attempts::iterator at);
  std::uint32_t end_other(attempt_id attempt, worker_record const& worker);
  void suspend_other(attempt_id attempt, worker_record& worker);
  /// It has given a result: the task, if it is the second attempt, which counts from now on; else none.
  [[nodiscard]] std::uint32_t overtake(task_id task, attempt_id attempt, worker_record const& worker);
  /// The second attempt is the one that counts, and the first beside it.
  void swap_with_second(std::uint32_t task);
  /// The attempt that counted has ended: the second takes its place, if there is one.
  bool promote_second(std::uint32_t task);
  /// Is asked to stop; its thread counts as busy until it has ended.
  void give_up_second(std::uint32_t task);
  void lose_others_on(worker_record const& worker);
  /// The worker makes the task's result, so a copy that lies there is not counted: true, and remembered.
  bool note_stray(std::uint32_t task, worker_record const& worker);

  // core_steal.cpp
  /// Whether a worker is without work while another has more than it can run.
  [[nodiscard]] bool uneven() const;
  void steal();
  [[nodiscard]] std::uint32_t recall_from(worker_record& victim, std::vector<worker_record const*> const& idle,
                                          std::uint32_t most);
  bool recall(std::uint32_t task);
  /// What has not begun is given back and runs elsewhere.
  void recall_all(worker_record const& worker);

  // core_validate.cpp
  void validate() const;

  scheduler_options options;
  scheduler_statistics stats;
  event_log log;
  bool observed = false;
  std::vector<observed_transition> transitions;

  record_pool<task_record> tasks;
  record_pool<edge_record> edges;
  record_pool<wanter_record> wanters;
  record_pool<holder_record> holders;
  /// By task and worker: where it is among the further copies.
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> further_copies;
  record_pool<task_extras> extras;
  record_pool<error_record> errors;
  std::vector<std::unique_ptr<client_record>> clients;
  worker_table workers;
  std::vector<function_record> functions;
  std::map<std::uint64_t, client_id> client_sessions;
  std::map<std::uint64_t, worker_id> worker_sessions;
  boost::unordered_flat_map<std::string, std::uint32_t> keys;
  /// Actors whose handles are in values that lie with the scheduler, by the number of the value.
  std::map<std::uint64_t, std::vector<std::uint32_t>> kept_for_values;
  ready_queue ready{tasks};
  std::vector<task_id> bound_ready;
  demand_table demands{tasks};
  /// Tasks in them that are queued.
  std::size_t constrained_waiting = 0;
  /// When one of them is to be looked at, or earlier.
  time_point next_look = time_point::max();
  /// Workers that do not retire, their threads and the limits of their memory.
  std::size_t staying = 0;
  std::uint64_t staying_threads = 0;
  std::uint64_t staying_memory = 0;
  /// Of the worker that joined last.
  std::uint32_t usual_threads = 1;
  std::uint32_t turn_worker = 0;
  std::uint32_t turn_thread = 0;
  record_pool<host_record> hosts;
  std::map<std::string, std::uint32_t, std::less<>> host_names;
  open_workers open{workers};
  boost::unordered_flat_set<std::uint64_t> kept_errors;
  std::uint64_t serials = 0;
  std::uint64_t attempts = 0;
  /// Of the last task that was taken out of the ready queue.
  std::uint64_t queue_position = 0;
  /// Tasks given to workers beyond one per thread.
  std::uint64_t surplus = 0;
  /// When workers may be asked again to give tasks back.
  time_point next_steal{};
  duration steal_pause{};

  struct deadline_entry {
    time_point at;
    std::uint64_t serial;
    std::uint32_t task;
  };
  /// A heap, earliest first. Tasks that ended stay in it until they come up or are too many.
  std::vector<deadline_entry> deadlines;
  std::size_t live_deadlines = 0;
  [[nodiscard]] bool stale(deadline_entry const& entry) const;

  /// Attempts beside those in records. Empty unless there are second attempts.
  other_attempts others;
  /// A heap, earliest first, and those that are too late and wait for an idle worker.
  std::vector<watched_attempt> watched;
  std::vector<watched_attempt> too_slow;

  /// Of the event in hand.
  time_point now{};
  // Work of the event in hand.
  std::vector<scheduler_action>* out = nullptr;
  std::vector<task_id> unneeded;
  std::vector<std::uint32_t> workers_to_tell;
  std::vector<payload_id> payloads_to_drop;
  std::vector<payload_id> errors_to_drop;
  std::vector<std::pair<task_id, cancel_reason>> to_cancel;
  std::vector<std::uint32_t> to_fail;
  std::vector<std::uint32_t> to_make_pending;
  std::vector<worker_record*> candidates;
  std::vector<host_record*> candidate_hosts;
  /// Edges of the task to be placed.
  std::vector<std::uint32_t> widespread;
  /// Demands whose tasks may find a place anywhere they may, and workers that may have one for any of theirs.
  std::vector<std::uint32_t> demands_to_place;
  std::vector<std::uint32_t> workers_to_fill;
  std::vector<task_id> maybe_ahead;
  /// Tasks whose dependents may have become so.
  std::vector<std::uint32_t> begun;
};

}  // namespace troupe::detail
