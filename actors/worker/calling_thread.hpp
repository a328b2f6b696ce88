#pragma once

#include <troupe/actors/client/task_options.hpp>
#include <troupe/actors/functions/call.hpp>

#include <memory>
#include <vector>

namespace troupe::detail {

/// The thread that calls it, as a worker: runs calls one after the other, with neither scheduler nor pool nor another
/// thread. What a function sees of its context is that of a worker called `sync`, which has all resources that are
/// asked for; its client is one of no cluster. One thread at a time.
class calling_thread {
 public:
  calling_thread();
  calling_thread(calling_thread const&) = delete;
  calling_thread& operator=(calling_thread const&) = delete;
  ~calling_thread();

  /// Of the options (null: the defaults) `retries`, `deadline` and `resource` hold. A deadline is looked at before each
  /// attempt. Throws task_error for what the function throws, cancelled_error past the deadline; would_deadlock for a
  /// coroutine on a thread that must not block.
  [[nodiscard]] value_ptr run(call_ptr const& what, std::vector<input> inputs, task_options const* options);

 private:
  [[nodiscard]] value_ptr attempt(call_ptr const& what, std::vector<input> inputs, task_options const* options,
                                  std::uint32_t number);

  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace troupe::detail
