#pragma once

#include <troupe/actors/functions/call.hpp>
#include <troupe/actors/scheduler/exchange.hpp>
#include <troupe/actors/worker/events.hpp>
#include <troupe/actors/worker/internal/actor_seats.hpp>
#include <troupe/actors/worker/internal/thread_pool.hpp>
#include <troupe/actors/worker/internal/worker_plugins.hpp>
#include <troupe/actors/worker/task_context.hpp>
#include <troupe/futures/frame_pool.hpp>
#include <troupe/futures/future.hpp>
#include <troupe/futures/root.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

namespace troupe::detail {

class execution;
class session;
class upload_store;

/// What the executions of one worker share. Outlives them.
class worker_services {
 public:
  std::string name;
  std::uint32_t threads = 1;
  /// In bytes; 0: none.
  std::uint64_t memory_limit = 0;
  std::shared_ptr<thread_pool> pool;
  /// For what tasks submit.
  intrusive_ptr<session> children;
  /// Where uploads go.
  std::shared_ptr<upload_store> uploads;
  /// Results of at most so many bytes travel with the news of them, encoded; 0 inside of one process, where they are
  /// passed on as they are.
  std::size_t pack_up_to = 0;
  /// Called by a thread of the pool when the first of several came in; `now` where that thread has nothing else to do.
  std::function<void(bool now)> wake;

  /// The actors that live here.
  actor_seats seats;
  worker_plugins plugins;

  /// Bytes of results, as the worker's actor last counted them.
  struct stored_bytes {
    std::atomic<std::uint64_t> in_memory{0}, most_in_memory{0}, in_files{0};
  };
  stored_bytes stored;

  /// Tasks that have begun, without those that wait for others; whether values are being moved to files. As the
  /// worker's actor last knew.
  std::atomic<std::size_t> running{0};
  std::atomic<bool> spilling{false};

  /// Pushed by the pool's threads, taken by the worker's actor: executions that ended, and those that began to wait.
  work_inbox ended;
  work_inbox suspended;

  void tell(work_inbox& where, work& item) {
    if (where.push(item)) wake(!pool->has_jobs());
  }
};

/// One run of one task on a thread of the pool. The worker's actor makes it and takes it back through `ended`; in
/// between the pool's threads have it, and only `ask_to_stop` and `drop` may be called.
class execution : public job, public ref_counted, public pooled_object {
 public:
  execution(worker_services& services, compute_order order, call_ptr call, std::vector<input> inputs);

  // The worker's actor.
  /// Before it began, and then true: it does not run and does not come through `ended`; the caller lets it go.
  [[nodiscard]] bool drop() noexcept;
  /// The same; after it began its stop token is told, on a thread of the pool, because what the user has registered
  /// with the token runs there and then.
  [[nodiscard]] bool ask_to_stop() noexcept;

  // After it has ended, or was dropped.
  [[nodiscard]] executed_item result() const;
  [[nodiscard]] value_ptr& value() noexcept { return value_; }
  /// The value as it travels; null where it stays.
  [[nodiscard]] value_ptr& packed() noexcept { return packed_; }
  /// Keys of the actors whose handles are in the value.
  [[nodiscard]] std::vector<std::string> actors_in_value() const;
  [[nodiscard]] std::exception_ptr& error() noexcept { return error_; }
  /// Those it took that cannot be read back: where there are any, the function was not entered.
  [[nodiscard]] std::vector<lost_value>& lost_inputs() noexcept { return lost_inputs_; }

  [[nodiscard]] worker_context& worker() noexcept { return worker_context_; }

  // Constant.
  [[nodiscard]] compute_order const& order() const noexcept { return order_; }
  [[nodiscard]] call_base const& call() const noexcept { return *call_; }
  [[nodiscard]] worker_services& services() const noexcept { return services_; }
  [[nodiscard]] std::stop_token stop_token() const noexcept { return stop_.get_token(); }

  /// The pool's thread that runs it is about to wait, or its coroutine does: others may run in its place.
  virtual void note_waiting();
  /// The handle of an actor was read, on a thread that runs code of it. This does not keep the actor.
  void note_handle(any_future const& read);
  /// The plugin that its function has made.
  virtual void take(made_plugin&& made);

  struct suspension : work {
    explicit suspension(execution& e) noexcept : work(nullptr), owner(e) {}
    execution& owner;
  };

  /// The execution whose code runs on the calling thread; null outside of tasks.
  [[nodiscard]] static execution* current() noexcept;

 protected:
  /// It has ended, on a thread of the pool, and the scheduler knows of all handles of actors that it was given or gives
  /// back: who had them before may let go. Nothing of it is touched after.
  virtual void finished() noexcept { services_.tell(services_.ended, *this); }
  /// Of values that travel encoded with the news of them.
  [[nodiscard]] virtual std::size_t pack_up_to() const noexcept { return services_.pack_up_to; }

 private:
  enum class phase : std::uint8_t { queued, running, dropped };

  static void run_job(work& item) noexcept;
  void run() noexcept;
  /// Those that were spilled; false where it ends for want of them.
  [[nodiscard]] bool bring_inputs() noexcept;
  void run_function() noexcept;
  void run_coroutine() noexcept;
  void succeed(value_ptr value);
  static root coroutine(intrusive_ptr<execution> self);
  void failed() noexcept;
  [[nodiscard]] bool is_left_by_client(std::exception_ptr const& thrown) const noexcept;
  void end() noexcept;
  [[nodiscard]] bool handles_are_known() noexcept;
  class hearing;

  worker_services& services_;
  compute_order order_;
  call_ptr call_;
  std::vector<input> inputs_;
  task_context context_{*this};
  worker_context worker_context_;
  std::stop_source stop_;
  std::atomic<phase> phase_{phase::queued};
  std::atomic<bool> noted_waiting_{false};
  std::atomic<bool> ended_{false};
  run_outcome outcome_ = run_outcome::cancelled;
  value_ptr value_;
  value_ptr packed_;
  std::mutex handles_mutex_;  // guards what follows: what a scope has started reads handles beside it
  std::vector<intrusive_ptr<state_base>> handles_read_;
  std::vector<any_future> handles_in_value_;
  std::uint64_t nbytes_ = 0;
  std::exception_ptr error_;
  std::vector<lost_value> lost_inputs_;
  time_point start_{}, stop_time_{};
  suspension suspension_{*this};
  struct stop_step : work {
    explicit stop_step(execution& e) noexcept : work(&tell), owner(e) {}
    static void tell(work& self) noexcept;
    execution& owner;
  };
  std::atomic<bool> stop_asked_{false};
  stop_step stop_step_{*this};
};

}  // namespace troupe::detail
