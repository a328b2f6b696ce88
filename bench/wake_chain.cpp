#include "wake_chain.hpp"

#include <algorithm>
#include <utility>

namespace troupe::bench {

void wake_chain::post::give(std::size_t token) {
  {
    std::scoped_lock lock(mutex_);
    token_ = token;
  }
  filled_.notify_one();
}

std::size_t wake_chain::post::take() {
  std::unique_lock lock(mutex_);
  filled_.wait(lock, [this] { return token_ != 0; });
  return std::exchange(token_, 0);
}

wake_chain::wake_chain(std::vector<std::size_t> path)
    : path_(std::move(path)), posts_(1 + *std::max_element(path_.begin(), path_.end())) {
  for (std::size_t i = 1; i < posts_.size(); ++i) threads_.emplace_back([this, i] { serve(i); });
}

wake_chain::~wake_chain() {
  for (std::size_t i = 1; i < posts_.size(); ++i) posts_[i].give(stop);
  for (auto& thread : threads_) thread.join();
}

/// A token is the number of hand-overs so far.
void wake_chain::serve(std::size_t me) {
  for (;;) {
    auto token = posts_[me].take();
    if (token == stop) return;
    posts_[token + 1 < path_.size() ? path_[token + 1] : 0].give(token + 1);
  }
}

sample wake_chain::run(std::size_t calls, std::chrono::milliseconds apart) {
  std::vector<double> times;
  times.reserve(calls);
  meter m;
  for (std::size_t i = 0; i < calls; ++i) {
    if (apart.count() > 0) std::this_thread::sleep_for(apart);
    auto begin = std::chrono::steady_clock::now();
    once_around();
    times.push_back(seconds_since(begin) / us);
  }
  return m.of_latencies(std::move(times));
}

void wake_chain::once_around() {
  posts_[path_[1]].give(1);
  auto token = posts_[0].take();
  require(token == path_.size(), "hand-overs of a wake chain");
}

}  // namespace troupe::bench
