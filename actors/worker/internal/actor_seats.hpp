#pragma once

#include <troupe/actors/scheduler/ids.hpp>
#include <troupe/actors/worker/internal/actor_seat.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

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
  /// The scheduler hears of its making. True where it is here.
  bool note_reported(task_id actor);
  /// Its object is gone. True where that is because the worker leaves.
  bool note_destroyed(actor_seat const& seat);
  /// Those whose objects are gone because the worker leaves, and of whose making the scheduler has heard: each once.
  [[nodiscard]] std::vector<task_id> take_left();

  void note_begin() noexcept { running_.fetch_add(1, std::memory_order_relaxed); }
  /// True where none runs any more.
  bool note_end() noexcept { return running_.fetch_sub(1, std::memory_order_acq_rel) == 1; }
  /// No method runs.
  [[nodiscard]] bool idle() const noexcept { return running_.load(std::memory_order_acquire) == 0; }

 private:
  struct entry {
    intrusive_ptr<actor_seat> seat;
    bool reported = false, destroyed = false, taken = false;
  };

  mutable std::mutex mutex_;  // guards the seats and whether they are closed
  std::map<task_id, entry> seats_;
  std::atomic<std::size_t> count_{0};
  std::atomic<std::size_t> running_{0};
  bool closed_ = false;
};

}  // namespace troupe::detail
