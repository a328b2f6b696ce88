#pragma once

#include <troupe/actors/scheduler/core.hpp>
#include <troupe/actors/scheduler/internal/numbered.hpp>
#include <troupe/actors/scheduler/internal/scheduler_actor.hpp>
#include <troupe/futures/promise.hpp>

#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace troupe::detail {

class coordination_desk;
class scheduler_functions;

/// The scheduler: keeps the tables of what the core knows by number (calls, errors, who is who), turns messages into
/// events and the core's actions into messages, one per receiver and turn.
class local_scheduler final : public scheduler_actor {
 public:
  /// `functions` runs those that clients call here, and outlives it; null where none may.
  explicit local_scheduler(scheduler_options options, std::shared_ptr<scheduler_functions> functions = nullptr);
  ~local_scheduler() override;

  void on(attach_client&& message) override;
  void on(detach_client message) override;
  void on(attach_worker&& message) override;
  void on(attach_nanny&& message) override;
  void on(worker_memory message) override;
  void on(client_batch&& batch) override;
  void on(worker_news&& news) override;
  [[nodiscard]] task<cluster_info> on(get_info wanted) override;
  [[nodiscard]] task<cluster_status> on(get_status) override;
  [[nodiscard]] task<std::vector<value_ptr>> on(relay_values const& request) override;
  [[nodiscard]] task<query_result> on(query&& asked) override;
  [[nodiscard]] task<value_ptr> on(run_call&& asked) override;
  [[nodiscard]] task<query_result> on(change_plugin&& asked) override;
  void on(relay_calls&& message) override;
  void on(relay_stop_calls&& message) override;
  void on(down_msg const& message);

  struct wake_up {};
  void on(wake_up);
  struct tell_of_cluster {};
  void on(tell_of_cluster);

 private:
  struct client_entry {
    actor_ref<client_actor> actor;
    std::string program;
    bool follows_cluster = false;
    client_news news;
  };
  struct worker_entry {
    actor_ref<worker_actor> actor;
    worker_place_ptr place;
    worker_info info;
    worker_program program;
    worker_life life;
    bool paused = false;
    /// By worker_id: those it has been told of.
    std::vector<bool> knows;
    compute_batch compute;
    stop_batch stop;
    free_batch free;
  };
  /// What it does with data on its own account.
  class data_desk;
  /// What it keeps for workers.
  class upload_desk;
  /// What it keeps of actors.
  class actor_desk;
  /// Its plugins, and those of workers.
  class plugin_desk;
  /// What it tells of all that happens.
  class event_desk;

  void join(attach_worker&& worker);
  [[nodiscard]] task<std::vector<value_ptr>> relay(relay_values request);
  /// How many of the tasks, from the first, have results of at most as many bytes together as it says.
  [[nodiscard]] std::ptrdiff_t count_within(relay_values const& request) const;
  [[nodiscard]] task<value_ptr> run_here(run_call asked);
  [[nodiscard]] std::exception_ptr other_call_error(by_scheduler::task_erred const& action) const;
  [[nodiscard]] std::exception_ptr lost_workers_error(by_scheduler::task_erred const& action) const;
  void handle(scheduler_event event);
  [[nodiscard]] function_id intern(function_info const& function);
  void carry_out();
  void perform(by_scheduler::client_added& action);
  void perform(by_scheduler::worker_added& action);
  void perform(by_scheduler::compute& action);
  void perform(by_scheduler::stop_task& action);
  void perform(by_scheduler::free_data& action);
  void perform(by_scheduler::drop_payloads& action);
  void perform(by_scheduler::drop_errors& action);
  void perform(by_scheduler::task_finished& action);
  void perform(by_scheduler::task_erred& action);
  static void perform(by_scheduler::unmet_demand& action);
  void perform(by_scheduler::drop_snapshot& action);
  void perform(by_scheduler::task_cancelled& action);
  void flush();
  void keep_time();
  void cluster_has_changed();
  void remove_worker(actor_id gone);
  /// A worker that its nanny starts again.
  struct returning {
    worker_life life;
    /// Nobody waits for longer.
    time_point until;
  };
  using lives = std::map<std::string, returning>;
  [[nodiscard]] task<query_result> restart(duration timeout);
  [[nodiscard]] task<query_result> await_no_more(std::string worker);
  /// Done when another worker is there, or when somebody is no more to be waited for. Who drops it has given up.
  [[nodiscard]] future<void> next_worker(bool first = false);
  [[nodiscard]] bool wants_a_worker() const;
  void wake_those_who_wait_for_workers();
  /// Sends those workers away whose nannies start them again, and of whose lives this is true; gives them back.
  lives begin_anew(std::function<bool(worker_life const&)> const& which, std::string const& why, time_point until);
  /// Gives back those that are not there again by then, but for those that will not come. Throws cancelled_error where
  /// who asked has gone.
  [[nodiscard]] task<lives> wait_until_back(lives awaited, time_point until);
  [[nodiscard]] bool is_back(std::string const& name, worker_life const& life) const;
  void introduce_holders(worker_entry& to, compute_order const& order);
  [[nodiscard]] cluster_info info() const;

  /// Which workers can run a function, as of so many comings and goings of workers.
  struct runners {
    std::uint64_t as_of = 0;
    bool all = true;
    std::vector<worker_id> able;
  };
  [[nodiscard]] runners const& who_can_run(function_id id, function_info const& function);
  void refuse_what_none_can_run(submitted_task& task, function_info const& function, client_entry const& client);
  /// The core places tasks by it.
  void tell_who_lacks(function_id id);
  /// Workers can run more than before.
  void programs_changed();
  /// Of the functions that are known.
  [[nodiscard]] std::vector<function_id> lacking_in(worker_program const& program) const;
  [[nodiscard]] std::string explain_refusal(function_info const& function, client_entry const& client) const;
  /// Why this worker cannot run it, and what the others say.
  [[nodiscard]] static std::string lack_of(worker_entry const& worker, function_info const& function);
  [[nodiscard]] std::string lack_of(function_info const& function) const;
  [[nodiscard]] std::string explain_lack(std::string const& plugin, function_info const& maker, actor_id client) const;
  [[nodiscard]] std::string program_of(actor_id client) const;

  [[nodiscard]] std::exception_ptr lost_data_error(by_scheduler::task_erred const& action) const;
  [[nodiscard]] std::exception_ptr unreadable_error(unreadable_item const& item) const;
  [[nodiscard]] std::exception_ptr lost_value_error(lost_item const& item) const;
  /// `inc-7f3a`
  [[nodiscard]] std::string key_of(data_record const& data) const;

  scheduler_core core_;
  std::shared_ptr<scheduler_functions> const own_functions_;
  std::vector<scheduler_action> actions_;
  std::vector<client_entry> clients_;                        // by client_id
  std::vector<worker_entry> workers_;                        // by worker_id
  std::unordered_map<std::uint64_t, client_id> client_ids_;  // by actor
  std::unordered_map<std::uint64_t, worker_id> worker_ids_;  // by actor
  std::unordered_map<function_info const*, std::uint32_t> function_ids_;
  std::vector<function_info const*> functions_;  // by function_id
  /// What the keys of tasks end with that have no other, by task index.
  std::vector<std::uint32_t> task_numbers_;
  std::vector<runners> runners_;  // by function_id
  bool cluster_is_news_ = false;
  std::uint64_t worker_changes_ = 1;
  numbered<call_ptr> calls_;
  numbered<std::exception_ptr> errors_;
  // Values that came with the event being handled, by task index: that of an attempt that was overtaken may come when
  // another task has its index.
  std::vector<std::pair<task_id, value_ptr>> fresh_;
  std::vector<task_id> fresh_tasks_;
  std::vector<std::uint32_t> touched_clients_, touched_workers_;
  // Who the add event that is being handled is about.
  attach_client arriving_client_;
  attach_worker arriving_worker_;
  time_point alarm_ = time_point::max();
  struct awaited_worker {
    promise<void> joined;
    /// What waits is no task, and any worker will do.
    bool first = false;
  };
  /// Of those who wait for more workers; some may have given up.
  std::vector<awaited_worker> awaited_workers_;
  lives returning_;  // by name; some may be back
  std::unique_ptr<data_desk> desk_;
  std::unique_ptr<coordination_desk> coordination_;
  std::unique_ptr<upload_desk> uploads_;
  std::unique_ptr<actor_desk> actors_;
  std::unique_ptr<plugin_desk> plugins_;
  std::unique_ptr<event_desk> events_;
};

}  // namespace troupe::detail
