#pragma once

#include <troupe/actors/scheduler/internal/numbered.hpp>
#include <troupe/actors/worker/core.hpp>
#include <troupe/actors/worker/internal/execution.hpp>
#include <troupe/actors/worker/internal/value_store.hpp>
#include <troupe/actors/worker/internal/worker_actor.hpp>
#include <troupe/futures/promise.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace troupe::detail {

class scheduler_actor;

/// A worker, which whoever starts it makes known to the scheduler: keeps values and running calls, hands calls to the
/// pool and tells the scheduler what became of them. Its core decides.
class local_worker final : public worker_actor {
 public:
  struct setup {
    actor_ref<scheduler_actor> scheduler;
    std::shared_ptr<worker_services> services;
    worker_options limits = {};
    /// For the log, when it is taken in; "" for nothing.
    std::string joined = {};
  };
  /// What is to be done about the memory that the process takes.
  struct memory_pressure {
    /// For the scheduler; 0: it is not told.
    std::uint64_t resident = 0;
    /// So many bytes of values go to files.
    std::uint64_t spill = 0;
    /// Nothing new begins until it is told otherwise.
    bool pause = false;
    /// Memory that was freed is to be given back to the system.
    bool trim = false;
  };
  /// A value was to be read that lay in a file.
  struct file_gone {
    task_id task;
    std::string problem;
  };
  /// Something lies in the services' inboxes.
  struct look {};

  explicit local_worker(setup with);
  ~local_worker() override;

  void on(worker_welcome message) override;
  void on(compute_batch&& batch) override;
  void on(stop_batch&& batch) override;
  void on(free_batch&& batch) override;
  void on(dismiss const&) override { quit(); }
  void on(memory_pressure message);
  void on(file_gone message);
  [[nodiscard]] task<upload_state> on(give_upload&& given) override;
  [[nodiscard]] task<plugin_taken> on(give_plugin&& given) override;
  void on(actor_calls&& batch) override;
  void on(stop_calls&& batch) override;
  void on(look);
  [[nodiscard]] task<std::vector<value_ptr>> on(get_values const& request) override;
  [[nodiscard]] task<void> on(finish_up) override;

 private:
  void handle(worker_event event);
  void perform(by_worker::run& action);
  void perform(by_worker::request_stop& action);
  void perform(by_worker::fetch& action);
  void perform(by_worker::watched_ended& action);
  void perform(by_worker::report& action);
  void perform(by_worker::drop_data& action);
  [[nodiscard]] value_ptr value_to_report(task_id task);
  void perform(by_worker::drop_payloads& action);
  void take_ended();
  void take_withdrawn();
  /// Of those that end because it finishes up, so that they are made anew before it has left.
  void tell_who_left();
  void take_suspended();
  task<void> fetch(by_worker::fetch what);
  /// For those who ask how much is stored, and whether something runs.
  void note_load() noexcept;
  /// Begins to move values to files if there are too many in memory.
  void look_at_memory();
  task<void> spill(std::uint64_t nbytes);
  task<void> trim();
  [[nodiscard]] static std::uint64_t number(task_id id) noexcept {
    return std::uint64_t(id.generation) << 32 | id.index;
  }

  setup with_;
  worker_id id_;
  std::optional<worker_core> core_;
  std::vector<worker_action> actions_;
  std::vector<worker_place_ptr> peers_;  // by worker_id, as far as known
  numbered<call_ptr> calls_;
  value_store store_;
  boost::unordered_flat_map<std::uint64_t, value_ptr> packed_;  // by task, until they are reported
  /// Keys of the actors whose handles are in these values, by task, as long.
  boost::unordered_flat_map<std::uint64_t, std::vector<std::string>> handles_;
  boost::unordered_flat_map<std::uint64_t, intrusive_ptr<execution>> running_;  // by attempt
  boost::unordered_flat_map<std::uint64_t, std::exception_ptr> errors_;         // by the number given to the core
  std::uint64_t last_error_ = 0;
  // Jobs of one turn, most important first as the core named them.
  job* first_job_ = nullptr;
  job* last_job_ = nullptr;
  /// Peers that wait until values are made.
  struct awaited_value {
    attempt_id maker;
    task_id task;
    promise<value_ptr> answer;
  };
  std::vector<awaited_value> awaited_;
  std::vector<executed_item> withdrawn_;
  std::vector<promise<void>> finishing_;
  bool finishing_up_ = false;
  bool paused_ = false;
  std::uint64_t told_memory_ = 0;
  time_point next_telling_{};
  bool spilling_ = false;
  /// After a try that was of no use.
  time_point next_spill_{};
};

}  // namespace troupe::detail
