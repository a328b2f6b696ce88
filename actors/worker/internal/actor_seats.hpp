#pragma once

#include <troupe/actors/scheduler/ids.hpp>
#include <troupe/actors/worker/internal/actor_seat.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace troupe::detail {

/// The actors of one worker, by the task that made them. Any thread.
class actor_seats {
 public:
  void put(intrusive_ptr<actor_seat> seat);
  /// Null where it is not here.
  [[nodiscard]] intrusive_ptr<actor_seat> find(task_id actor) const;
  /// The scheduler frees it: nobody has a handle any more.
  void drop(task_id actor);
  /// The worker leaves: all end, none comes.
  void close();

  void note_begin() noexcept { running_.fetch_add(1, std::memory_order_relaxed); }
  /// True where none runs any more.
  bool note_end() noexcept { return running_.fetch_sub(1, std::memory_order_acq_rel) == 1; }
  /// No method runs.
  [[nodiscard]] bool idle() const noexcept { return running_.load(std::memory_order_acquire) == 0; }

 private:
  mutable std::mutex mutex_;
  std::map<task_id, intrusive_ptr<actor_seat>> seats_;
  std::atomic<std::size_t> count_{0};
  std::atomic<std::size_t> running_{0};
  bool closed_ = false;
};

}  // namespace troupe::detail
