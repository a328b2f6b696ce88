#pragma once

#include <troupe/futures/executor.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace troupe::test {

/// An executor of several threads, so that each step may meet each other one. Its end runs what is posted and drops
/// timers.
class pool final : public executor {
 public:
  explicit pool(int threads) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  }
  ~pool() override {
    {
      std::scoped_lock lock(mutex_);
      closing_ = true;
    }
    changed_.notify_all();
  }

  void post(detail::work& item) noexcept override {
    // Notifying under the lock: once the item can run, this object may go.
    std::scoped_lock lock(mutex_);
    ready_.push(item);
    changed_.notify_one();
  }
  void post_at(time_point when, detail::timer& t) override {
    std::scoped_lock lock(mutex_);
    timers_.push(t, when);
    changed_.notify_all();
  }
  bool cancel(detail::timer& t) noexcept override {
    std::scoped_lock lock(mutex_);
    return timers_.erase(t);
  }
  [[nodiscard]] bool concurrent() const noexcept override { return true; }

 private:
  void work() {
    enter here(*this);
    std::unique_lock lock(mutex_);
    for (;;) {
      while (auto* t = timers_.pop_due(now())) ready_.push(*t);
      if (auto* item = ready_.pop()) {
        lock.unlock();
        item->run(*item);
        lock.lock();
      } else if (closing_) {
        return;
      } else if (timers_.empty()) {
        changed_.wait(lock);
      } else {
        changed_.wait_until(lock, timers_.next_due());
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  detail::work_list ready_;
  detail::timer_queue timers_;
  bool closing_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace troupe::test
