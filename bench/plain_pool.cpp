#include "plain_pool.hpp"

#include <utility>

namespace troupe::bench {

plain_pool::plain_pool() {
  for (int i = 0; i < 2; ++i) threads_.emplace_back([this] { work(); });
}

plain_pool::~plain_pool() {
  {
    std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  filled_.notify_all();
  for (auto& thread : threads_) thread.join();
}

std::future<int> plain_pool::submit(int (*function)(int), int argument) {
  std::packaged_task<int()> task([=] { return function(argument); });
  auto result = task.get_future();
  {
    std::scoped_lock lock(mutex_);
    queue_.push_back(std::move(task));
  }
  filled_.notify_one();
  return result;
}

void plain_pool::work() {
  for (;;) {
    std::packaged_task<int()> task;
    {
      std::unique_lock lock(mutex_);
      filled_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
  }
}

}  // namespace troupe::bench
