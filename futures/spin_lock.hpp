#pragma once

#include <atomic>
#include <thread>

namespace troupe::detail {

/// One byte that guards a few instructions. For std::scoped_lock. Nothing that may wait happens while it is held.
class spin_lock {
 public:
  void lock() noexcept {
    while (locked_.exchange(true, std::memory_order_acquire)) std::this_thread::yield();
  }
  void unlock() noexcept { locked_.store(false, std::memory_order_release); }

 private:
  std::atomic<bool> locked_{false};
};

}  // namespace troupe::detail
