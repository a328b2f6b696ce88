#pragma once

#include <troupe/futures/future.hpp>
#include <troupe/futures/root.hpp>
#include <troupe/futures/task.hpp>

#include <cstddef>
#include <stop_token>

namespace troupe {

/// Structured concurrency: what a scope starts has ended before the scope goes. Declare it last, after the things that
/// its tasks use.
///
/// - Success: `co_await scope.join()` returns when every spawned task has ended.
/// - First failure: the others are asked to stop; join waits for all of them, then rethrows that first error.
/// - Cancellation: `request_stop()` asks all to stop. A join whose coroutine is asked to stop hands that on to the
///   tasks, waits for them, then throws cancelled_error. A task that ends with cancelled_error after such a request is
///   no failure.
/// - Tasks run on the scope's executor: the one given, else the one current at construction. join resumes on its
/// awaiter's.
/// - Cost: one frame per spawned task.
///
/// A scope that is destroyed unjoined (an exception passes) asks its tasks to stop and runs their executor until they
/// have ended; on an executor that cannot do so (a loop, an actor) that is a programming error and ends the program.
class scope {
 public:
  scope();
  explicit scope(executor& where);
  ~scope();
  scope(scope const&) = delete;
  scope& operator=(scope const&) = delete;

  /// Starts `body` with the executor's next step. Throws future_invalid for an empty task.
  void spawn(task<void> body);

  void request_stop() noexcept { stop_.request_stop(); }
  [[nodiscard]] std::stop_token stop_token() const noexcept { return stop_.get_token(); }

  /// Tasks that have not ended.
  [[nodiscard]] std::size_t running() const noexcept;

  /// May be called again after more was spawned.
  [[nodiscard]] task<void> join();

 private:
  class children;
  class all_ended;
  static detail::root run(detail::intrusive_ptr<children> all, task<void> body);

  executor* where_;
  void* owner_;
  std::stop_source stop_;
  detail::intrusive_ptr<children> children_;
};

}  // namespace troupe
