#pragma once

#include <troupe/futures/executor.hpp>
#include <troupe/futures/parker.hpp>
#include <troupe/futures/root.hpp>
#include <troupe/futures/shared_state.hpp>

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>

namespace troupe {

/// An executor of one thread: the one that calls `drive` or `run_until`. `run()` and `block_on` use one for the calling
/// thread. Blocking calls are allowed in its steps; while they block, nothing else of it runs.
class run_loop final : public executor {
 public:
  run_loop() = default;
  /// Runs what is still posted; timers that are not due are dropped.
  ~run_loop() override;

  void post(detail::work& item) noexcept override;
  void post_at(time_point when, detail::timer& t) override;
  bool cancel(detail::timer& t) noexcept override;
  /// One thread at a time. May be called from inside a step.
  void drive(std::function<bool()> const& finished) override;

 private:
  bool run_some(std::function<bool()> const& finished);
  void collect_due();
  [[nodiscard]] time_point next_due();

  detail::work_inbox inbox_;
  detail::work_list ready_;
  detail::lasting_parker parker_;
  std::mutex mutex_;  // guards timers_
  detail::timer_queue timers_;
  std::atomic<bool> has_timers_{false};
};

namespace detail {

/// Runs `step` on a run_loop of the calling thread until it has ended.
template <class T>
root run_and_store(task<T> body, std::optional<stored_t<T>>& value, std::exception_ptr& error, bool& finished) {
  try {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(body);
      value.emplace();
    } else {
      value.emplace(co_await std::move(body));
    }
  } catch (...) {
    error = std::current_exception();
  }
  finished = true;
}

}  // namespace detail

/// Runs a task on `loop` and the calling thread until it has ended, and gives its value or rethrows its exception.
/// `stop` is the token the task inherits. Throws would_deadlock on a thread that must not block.
template <class T>
T block_on(run_loop& loop, task<T> body, std::stop_token stop = {}) {
  detail::blocking_region region("block_on");
  std::optional<detail::stored_t<T>> value;
  std::exception_ptr error;
  bool finished = false;
  detail::run_and_store(std::move(body), value, error, finished).start({&loop, std::move(stop)});
  loop.drive([&] { return finished; });
  if (error) std::rethrow_exception(error);
  if constexpr (!std::is_void_v<T>) return std::move(*value);
}

/// The same on a loop of its own. What the task leaves behind to be called on its executor (on_done) must be called
/// before it ends.
template <class T>
T block_on(task<T> body, std::stop_token stop = {}) {
  run_loop loop;
  return block_on(loop, std::move(body), std::move(stop));
}

}  // namespace troupe
