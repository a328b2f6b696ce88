#pragma once

#include <troupe/futures/executor.hpp>
#include <troupe/futures/parker.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace troupe::detail {

/// A task that waits for a thread. Owned by the worker until `run` was called.
struct job : work {
  using work::work;
  std::int32_t priority = 0;
  /// Of equal priority the smaller goes first.
  std::uint64_t rank = 0;
  /// Of the hand-over: the pool's own.
  std::uint64_t serial = 0;
};

/// Runs a worker's tasks: steps of coroutines that go on first, then jobs, the more important first, of these the one
/// of the smallest rank, equals as they came.
///
/// Threads: everything may be called from any thread. A thread that blocks (blocking_region) is replaced by another
/// until it wakes, so tasks that wait for tasks never use up the pool.
class thread_pool final : public executor {
 public:
  /// Throws error when the system has no room for so many threads.
  thread_pool(std::string name, std::uint32_t threads);
  /// Joins.
  ~thread_pool() override;

  void post(work& item) noexcept override;
  void post_at(time_point when, timer& t) override;
  bool cancel(timer& t) noexcept override;
  void blocking_begins() noexcept override;
  void blocking_ends() noexcept override;
  [[nodiscard]] bool concurrent() const noexcept override { return true; }

  /// Hands over jobs linked by `next`.
  void submit(job* first) noexcept;

  /// Whether jobs wait for a thread.
  [[nodiscard]] bool has_jobs() noexcept;

  /// Runs `item` soon even if all threads are busy: on one thread beyond their number if need be.
  void run_aside(work& item) noexcept;

  /// Called on a thread of the pool each time it is about to block.
  void on_blocking(std::function<void()> told) { on_blocking_ = std::move(told); }

  /// Runs what was handed over so far, then ends the threads. Not on a thread of the pool. May be called twice. What
  /// is posted after that runs on the posting thread: nothing waits for ever.
  void join();

  [[nodiscard]] std::uint32_t threads() const noexcept { return threads_wanted_; }

 private:
  struct member;
  /// Jobs of one priority: those that come in order in a list, which is the rule, the others in a heap.
  struct lane {
    void push(job& item);
    [[nodiscard]] job* pop() noexcept;
    [[nodiscard]] bool empty() const noexcept { return in_order.empty() && early.empty(); }

    std::int32_t priority = 0;
    work_list in_order;
    std::uint64_t last_rank = 0;
    std::vector<job*> early;
  };

  void main(member& self) noexcept;
  /// Where the system has no room for another thread, those there are must do: zero, or the error number.
  int start_member();
  /// One more active thread.
  void add_member() noexcept;
  [[nodiscard]] work* take();
  // A thread is woken when the lock is free: woken on the waker's own core, it would only wait for it. These name the
  // one to wake, if any.
  [[nodiscard]] parker* sleeper() noexcept;
  [[nodiscard]] parker* successor() noexcept;
  static void wake(parker* sleeper) noexcept;
  [[nodiscard]] time_point idle_until(member& self);

  std::string const name_;
  std::uint32_t const threads_wanted_;
  std::function<void()> on_blocking_;

  std::mutex mutex_;  // guards all below
  work_list urgent_;
  work_list steps_;
  std::vector<lane> lanes_;  // most important first
  timer_queue timers_;
  std::vector<std::unique_ptr<member>> members_;
  std::vector<member*> idle_;
  std::vector<member*> spare_;
  member* timekeeper_ = nullptr;
  std::uint32_t active_ = 0;
  std::uint32_t running_ = 0;  // threads that have not left their loop
  bool stopping_ = false;
  std::uint64_t serials_ = 0;
};

}  // namespace troupe::detail
