#pragma once

#include <troupe/actors/client/task_options.hpp>
#include <troupe/actors/scheduler/ids.hpp>
#include <troupe/futures/intrusive_ptr.hpp>

#include <atomic>
#include <cstdint>
#include <memory>

namespace troupe::detail {

class session;

/// The clients of one session, which keep it. Any thread.
class session_users {
 public:
  explicit session_users(session& of) noexcept : of_(of) {}
  session_users(session_users const&) = delete;
  session_users& operator=(session_users const&) = delete;

  [[nodiscard]] session& of() const noexcept { return of_; }
  [[nodiscard]] bool any() const noexcept { return count_.load(std::memory_order_acquire) > 0; }

  void add_ref() const noexcept;
  void release() const noexcept;

 private:
  session& of_;
  mutable std::atomic<std::uint32_t> count_{0};
};

/// The attempt that submits.
struct submitting_attempt {
  task_id task;
  attempt_id attempt;
};

/// What a client is made of: its session, and how and from where it submits.
struct client_handle {
  intrusive_ptr<session_users> session;
  std::shared_ptr<task_options const> options;
  submitting_attempt parent;
};

}  // namespace troupe::detail
