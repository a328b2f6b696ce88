#pragma once

#include "measure.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

namespace troupe::bench {

/// The limit of a round trip between threads: hand-overs along a path of threads and back to its first, the caller.
/// Each sleeps on a condition variable of its own until it is its turn.
class wake_chain {
 public:
  /// Numbers of threads, the caller's 0 first: {0, 1, 2, 3} goes through four threads, {0, 1, 2, 1} through three.
  /// As many hand-overs as numbers.
  explicit wake_chain(std::vector<std::size_t> path);
  ~wake_chain();
  wake_chain(wake_chain const&) = delete;
  wake_chain& operator=(wake_chain const&) = delete;

  /// p50 and p99 of that many calls in µs, `apart` from each other.
  [[nodiscard]] sample run(std::size_t calls, std::chrono::milliseconds apart);
  /// One call.
  void once_around();

 private:
  class post {
   public:
    void give(std::size_t token);
    [[nodiscard]] std::size_t take();

   private:
    std::mutex mutex_;
    std::condition_variable filled_;
    std::size_t token_ = 0;
  };

  void serve(std::size_t me);

  static constexpr std::size_t stop = ~std::size_t{0};
  std::vector<std::size_t> path_;
  std::vector<post> posts_;
  std::vector<std::thread> threads_;
};

}  // namespace troupe::bench
