#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

namespace troupe::bench {

/// What one would write without a library: two threads, one queue under a mutex, a std::future for each result.
class plain_pool {
 public:
  plain_pool();
  ~plain_pool();
  plain_pool(plain_pool const&) = delete;
  plain_pool& operator=(plain_pool const&) = delete;

  [[nodiscard]] std::future<int> submit(int (*function)(int), int argument);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<std::packaged_task<int()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace troupe::bench
