#pragma once

#include <troupe/futures/clock.hpp>
#include <troupe/futures/work.hpp>

#include <functional>

namespace troupe {

/// Who runs code, and whose clock it waits by. Everything that waits uses the executor of the coroutine that waits,
/// never a global clock, so a test can replace threads and time (manual_executor).
///
/// Threads: all functions may be called from any thread. An executor outlives what was posted to it.
class executor {
 public:
  executor() = default;
  executor(executor const&) = delete;
  executor& operator=(executor const&) = delete;
  virtual ~executor() = default;

  /// Runs `item` later, on a thread of this executor, never inside this call. Never fails.
  virtual void post(detail::work& item) noexcept = 0;

  /// Runs `t` once `when` has come.
  virtual void post_at(time_point when, detail::timer& t) = 0;

  /// Takes back a timer. False when it ran, runs now, or is about to run.
  virtual bool cancel(detail::timer& t) noexcept = 0;

  /// This executor's time.
  [[nodiscard]] virtual time_point now() const noexcept { return clock::now(); }

  /// Whether a call on one of its threads may block that thread; where not, blocking calls throw would_deadlock.
  [[nodiscard]] virtual bool may_block() const noexcept { return true; }

  /// Whether its other threads go on with its steps while one of them blocks.
  [[nodiscard]] virtual bool concurrent() const noexcept { return false; }

  /// Around a blocking wait on one of its threads: a pool starts a thread in place of the one that sleeps.
  virtual void blocking_begins() noexcept {}
  virtual void blocking_ends() noexcept {}

  /// Runs this executor's work on the calling thread, one of its own, until `finished` is true; it is asked again after
  /// each step. Throws would_deadlock where a thread cannot be driven from inside a step.
  virtual void drive(std::function<bool()> const& finished);

  /// The executor whose step runs on the calling thread; null outside of one.
  [[nodiscard]] static executor* current() noexcept;

 protected:
  /// Makes an executor current for a block, as its run loop does around its steps.
  class enter {
   public:
    explicit enter(executor& self) noexcept;
    ~enter();
    enter(enter const&) = delete;
    enter& operator=(enter const&) = delete;

   private:
    executor* outer_;
  };
};

namespace detail {

/// Throws would_deadlock, naming `operation`, where the calling thread must not block; else tells its executor that it
/// is about to sleep, until the end of the block.
class blocking_region {
 public:
  explicit blocking_region(char const* operation);
  ~blocking_region();
  blocking_region(blocking_region const&) = delete;
  blocking_region& operator=(blocking_region const&) = delete;

 private:
  executor* executor_;
};

}  // namespace detail
}  // namespace troupe
