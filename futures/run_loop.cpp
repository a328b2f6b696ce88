#include <troupe/futures/run_loop.hpp>

namespace troupe {

run_loop::~run_loop() {
  // A step may post another one, so ask until nothing comes.
  enter here(*this);
  do ready_.append(inbox_.take());
  while (run_some({}));
}

void run_loop::post(detail::work& item) noexcept {
  // Once the item is in, its step may end this loop.
  auto& sleeper = parker_.get();
  if (inbox_.push(item)) sleeper.notify();
}

void run_loop::post_at(time_point when, detail::timer& t) {
  auto& sleeper = parker_.get();
  {
    std::scoped_lock lock(mutex_);
    timers_.push(t, when);
    has_timers_.store(true, std::memory_order_relaxed);
  }
  sleeper.notify();
}

bool run_loop::cancel(detail::timer& t) noexcept {
  std::scoped_lock lock(mutex_);
  bool erased = timers_.erase(t);
  has_timers_.store(!timers_.empty(), std::memory_order_relaxed);
  return erased;
}

void run_loop::collect_due() {
  if (!has_timers_.load(std::memory_order_relaxed)) return;
  std::scoped_lock lock(mutex_);
  while (auto* t = timers_.pop_due(now())) ready_.push(*t);
  has_timers_.store(!timers_.empty(), std::memory_order_relaxed);
}

time_point run_loop::next_due() {
  if (!has_timers_.load(std::memory_order_relaxed)) return time_point::max();
  std::scoped_lock lock(mutex_);
  return timers_.next_due();
}

bool run_loop::run_some(std::function<bool()> const& finished) {
  bool ran = false;
  while (auto* item = ready_.pop()) {
    item->run(*item);
    ran = true;
    if (finished && finished()) break;
  }
  return ran;
}

void run_loop::drive(std::function<bool()> const& finished) {
  enter here(*this);
  while (!finished()) {
    ready_.append(inbox_.take());
    collect_due();
    if (!run_some(finished) && inbox_.empty()) parker_.get().wait_until(next_due());
  }
}

}  // namespace troupe
