#pragma once

#include "inside.hpp"

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>

namespace troupe::test {

/// Where tasks wait until the test lets them go on, and where the test waits for tasks to come.
class gate {
 public:
  void pass() {
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  /// False when asked to stop before the gate opened.
  bool pass(std::stop_token const& stop) {
    std::unique_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
    return changed_.wait(lock, stop, [this] { return open_; });
  }
  void arrive() {
    std::scoped_lock lock(mutex_);
    ++arrived_;
    changed_.notify_all();
  }
  void wait_for(std::size_t arrivals) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return arrived_ >= arrivals; });
  }
  void open() {
    std::scoped_lock lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  [[nodiscard]] std::size_t arrived() {
    std::scoped_lock lock(mutex_);
    return arrived_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::size_t arrived_ = 0;
  bool open_ = false;
};

/// How a task gets to know its gate.
using gate_ref = troupe::test::pointer_to<gate>;

/// Opens a gate at the end of its block, so that a failed test does not wait for tasks that wait for the gate.
class opened_at_end {
 public:
  explicit opened_at_end(gate& g) : gate_(g) {}
  opened_at_end(opened_at_end const&) = delete;
  opened_at_end& operator=(opened_at_end const&) = delete;
  ~opened_at_end() { gate_.open(); }

 private:
  gate& gate_;
};

}  // namespace troupe::test
