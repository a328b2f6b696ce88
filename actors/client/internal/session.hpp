#pragma once

#include <troupe/actors/client/client_handle.hpp>
#include <troupe/actors/client/internal/actor_route.hpp>
#include <troupe/actors/client/internal/call_list.hpp>
#include <troupe/actors/client/internal/task_state.hpp>
#include <troupe/actors/runtime/actor_ref.hpp>
#include <troupe/actors/scheduler/internal/messages.hpp>
#include <troupe/actors/scheduler/internal/queries.hpp>
#include <troupe/actors/scheduler/internal/references.hpp>
#include <troupe/futures/intrusive_ptr.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::detail {

class local_client;
class scheduler_actor;

/// Tells a client's actor that there is something to collect.
struct collect_now {};

/// The session's user closed it.
struct leave {};

/// Its last client has gone; what it submitted may still be in use.
struct leave_if_unused {};

/// Values that lie on one worker and are wanted here: such as are large, each, or such as are not.
struct fetch_request {
  worker_place_ptr at;
  bool of_large_ones = false;
  /// Of all together.
  std::uint64_t nbytes = 0;
  std::vector<client_ref> refs = {};
  std::vector<task_id> tasks = {};
};

/// What a client says without waiting for an answer.
struct errand {
  decltype(query::what) what;
};

/// A query that goes out after all that was submitted before it. `about`: the futures whose references it is to get.
struct question {
  decltype(query::what) what;
  std::vector<intrusive_ptr<state_base>> about;
};

/// A client's side of its link with a scheduler. User threads push commands, which the loop collects into batches; what
/// the scheduler answers completes the futures. All copies of a client and all its futures share it, and it outlives
/// the runtime with them: after close every future is failed with client_closed, new ones from the start.
class session final : public ref_counted {
 public:
  /// Where the tasks of a session run: calls that leave the process are encoded by the thread that submits.
  enum class reach : bool { this_process, other_processes };
  /// When the loop learns of a command: by this very thread, see event_loop::post_now; soon; or with the next one, or
  /// after a few milliseconds.
  enum class urgency : std::uint8_t { now, soon, late };

  /// `callbacks` runs what is registered with on_done outside of any executor.
  session(actor_ref<scheduler_actor> scheduler, std::shared_ptr<executor> callbacks, reach where);
  ~session() override;

  /// Before anything is submitted.
  void set_actor(actor_ref<local_client> actor) { actor_ = std::move(actor); }
  [[nodiscard]] actor_ref<local_client> const& actor() const noexcept { return actor_; }

  [[nodiscard]] actor_ref<scheduler_actor> const& scheduler() const noexcept { return scheduler_; }
  [[nodiscard]] reach where() const noexcept { return reach_; }

  // ---- any thread

  /// The state of the new task's future. Throws error when an argument is a future of somebody else.
  [[nodiscard]] intrusive_ptr<task_state> submit(bound_call what, submission how);
  /// The same without handing it over: the submit command is the caller's to push.
  [[nodiscard]] intrusive_ptr<task_state> prepare(bound_call what, submission how);
  /// The state of the future of a call of the actor that `actor` refers to, a future of this session.
  [[nodiscard]] intrusive_ptr<call_state> call(any_future const& actor, bound_call what);
  /// It was answered, or never will be.
  void forget(call_state& call) noexcept;
  void ask_to_cancel(call_state& call) noexcept;
  void push(session_command& command, urgency how = urgency::soon) noexcept;
  void ask_to_cancel(task_state& task) noexcept;
  void ask_to_keep(task_state& task);
  /// Throws error for a future of somebody else. A scheduler that has gone is answered for with actor_gone.
  [[nodiscard]] future<query_result> ask(question what);
  /// Done when the scheduler has heard of all that was submitted before; failed where it never will.
  [[nodiscard]] future<query_result> heard_so_far();
  /// Names a wish: see coordinate.
  [[nodiscard]] std::uint64_t next_ticket() noexcept { return ++tickets_; }
  void tell(decltype(query::what) what);
  /// From now on nothing more is accepted; what is unfinished fails as soon as the loop gets there.
  void ask_to_close() noexcept;
  [[nodiscard]] bool refusing() const noexcept { return refusing_.load(std::memory_order_acquire); }
  [[nodiscard]] session_users& users() noexcept { return users_; }
  /// From now on it is left when nobody uses it any more: see unused. To be said while there is a client.
  void end_when_unused() noexcept { ends_unused_.store(true, std::memory_order_release); }
  /// The last client has gone.
  void no_clients_left() noexcept;
  /// It was closed, and the loop has let go of it.
  [[nodiscard]] bool has_ended() const noexcept { return closed(); }
  [[nodiscard]] executor* callback_executor() const noexcept { return refusing() ? nullptr : callbacks_.get(); }
  /// Turns the running number of a task into what its key shows: one to one, but without visible order.
  [[nodiscard]] std::uint32_t scramble(std::uint64_t number) const noexcept;
  [[nodiscard]] cluster_info info() const;

  // ---- the loop

  /// It is to end like that; there is no client, and no future of a task: those of calls and handles keep some.
  [[nodiscard]] bool unused() const noexcept;
  /// With the references of the tasks that it is about.
  [[nodiscard]] query ready(question asked) const;
  /// What was asked for since the last time, or the first part of it, so that a turn of the loop stays short. The
  /// client's id is left for the sender.
  [[nodiscard]] client_batch collect();
  /// There is more to collect.
  [[nodiscard]] bool has_rest() const noexcept { return rest_ != nullptr; }
  /// What collect found to be wanted, by worker and size.
  [[nodiscard]] std::vector<fetch_request> take_fetches() { return std::exchange(fetches_, {}); }
  /// Calls, and calls to be stopped, that collect and handle found ready to go.
  [[nodiscard]] std::vector<calls_to_send> take_calls() { return std::exchange(calls_to_send_, {}); }
  /// True where what may come late from now on needs a later look: see look_late.
  [[nodiscard]] bool handle(client_news news) noexcept;
  /// Before the collect that was asked for by handle.
  void look_late() noexcept { looks_later_.store(false, std::memory_order_seq_cst); }
  /// The answer to a fetch: a value for each, null where nobody has it any more or, with a `problem`, gives it.
  void handle(fetch_request const& request, std::vector<value_ptr> values, std::string const& problem) noexcept;
  void handle(cluster_changed change);
  /// Fails what is unfinished with client_closed, whose text is `why`.
  void close(std::string why = "the client was closed") noexcept;

 private:
  struct slot {
    task_state* task = nullptr;
    std::uint32_t generation = 0;
    bool unfinished = false;
  };

  [[nodiscard]] std::exception_ptr closed_error() const;
  /// For people.
  [[nodiscard]] static std::string_view reason_text(cancel_reason reason) noexcept;
  /// Where tasks run in other processes.
  void encode_for_others(bound_call& what) const;
  [[nodiscard]] bool closed() const noexcept { return closed_.load(std::memory_order_seq_cst); }
  void carry_out(session_command& command, client_batch& batch);
  void submit_one(task_state& task, client_batch& batch);
  void submit_again(task_state& task, client_ref known, client_batch& batch);
  void hear_of_actor(task_state& actor, client_news_item const& news);
  /// Carries the command out, and ends it.
  void stop_call(call_command& command);
  void want(task_state& task);
  /// Says once for each function that its large arguments had better be scattered.
  void note_large(task_state const& task, std::uint64_t nbytes);
  /// True when something that it depends on has ended without a value here, and so it has, too.
  bool share_fate(task_state& task);
  void hold(task_state& task);
  void give_back(task_state& task, client_batch& batch);
  void collect_closed() noexcept;
  void carry_out_closed(work* first) noexcept;
  [[nodiscard]] client_ref take_slot(task_state& task);
  void note_end(client_ref ref) noexcept;
  [[nodiscard]] task_state* find(client_ref ref) const noexcept;

  actor_ref<scheduler_actor> const scheduler_;
  actor_ref<local_client> actor_;
  std::shared_ptr<executor> const callbacks_;
  reach const reach_;
  std::uint32_t const salt_;
  std::atomic<std::uint64_t> submitted_{0}, tickets_{0};
  work_inbox inbox_;
  /// The loop was called to look into the inbox, or will look soon anyway.
  std::atomic<bool> called_{false}, looks_later_{false};
  /// Tasks that were submitted and have neither ended nor been given back. Changed on the loop.
  std::atomic<std::uint64_t> unfinished_{0};
  session_users users_{*this};
  /// Tasks that have a reference: those whose futures have not all gone. Of the loop.
  std::size_t held_ = 0;
  std::atomic<bool> refusing_{false}, ends_unused_{false};
  // The loop has let go of the tasks: whoever pushes a command carries it out, unless another thread is at it.
  std::atomic<bool> closed_{false};
  std::atomic<std::uint32_t> collecting_{0};
  mutable std::mutex info_mutex_;  // guards what follows
  cluster_info info_;
  std::string closed_because_ = "the client was closed";

  /// Commands that were taken out of the inbox and wait for their turn.
  work* rest_ = nullptr;
  std::vector<slot> slots_;
  reference_numbers references_;
  std::vector<fetch_request> fetches_;
  std::vector<calls_to_send> calls_to_send_;
  call_list calls_;
  std::atomic<std::uint64_t> called_actors_{0};
  std::map<function_info const*, std::uint32_t> large_calls_;
};

/// Throws client_closed for a client of no cluster.
[[nodiscard]] session& session_of(client_handle const& handle);

}  // namespace troupe::detail
