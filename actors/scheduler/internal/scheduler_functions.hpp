#pragma once

#include <troupe/actors/client/internal/session.hpp>
#include <troupe/actors/functions/call.hpp>
#include <troupe/actors/scheduler/internal/scheduler_plugins.hpp>
#include <troupe/actors/worker/internal/execution.hpp>
#include <troupe/futures/future.hpp>
#include <troupe/futures/promise.hpp>

#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <string>

namespace troupe::detail {

/// Runs functions in a scheduler's process, on a thread of its own that begins with the first of them. Whoever made the
/// scheduler owns it and closes it, not on a loop: the loop waits for no function. Any thread.
class scheduler_functions {
 public:
  /// `program`: of the scheduler, for people.
  explicit scheduler_functions(std::string program);
  ~scheduler_functions() { close(); }
  scheduler_functions(scheduler_functions const&) = delete;
  scheduler_functions& operator=(scheduler_functions const&) = delete;

  [[nodiscard]] std::string const& program() const noexcept { return program_; }
  /// Begins at once, whatever else runs. `leaves`: the result is encoded, on the thread that made it. Fails with
  /// task_error for what the function throws, with actor_gone after close.
  [[nodiscard]] future<value_ptr> run(call_ptr call, bool leaves);
  /// The scheduler's plugins, whose code runs here, too.
  [[nodiscard]] scheduler_plugins& plugins() noexcept { return plugins_; }
  /// Asks what runs to stop, tears the plugins down, and waits for the end of both. May be called twice.
  void close();
  /// Whether the calling thread runs one of the functions.
  [[nodiscard]] bool runs_here();

 private:
  struct running {
    intrusive_ptr<execution> what;
    promise<value_ptr> answer;
    bool leaves = false;
  };

  void take_notes() noexcept;
  void end(execution& ended) noexcept;

  std::string const program_;
  worker_services services_;
  std::mutex mutex_;  // guards what follows, and the making of the pool
  std::condition_variable changed_;
  std::map<execution const*, running> running_;
  bool closing_ = false;
  scheduler_plugins plugins_{[this](work& item) { services_.pool->run_aside(item); }};
};

}  // namespace troupe::detail
