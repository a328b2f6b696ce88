#include <troupe/futures/manual_executor.hpp>

#include <algorithm>

namespace troupe {

void manual_executor::post(detail::work& item) noexcept {
  std::scoped_lock lock(mutex_);
  ready_.push(item);
}

void manual_executor::post_at(time_point when, detail::timer& t) {
  std::scoped_lock lock(mutex_);
  timers_.push(t, when);
}

bool manual_executor::cancel(detail::timer& t) noexcept {
  std::scoped_lock lock(mutex_);
  return timers_.erase(t);
}

time_point manual_executor::now() const noexcept {
  std::scoped_lock lock(mutex_);
  return now_;
}

bool manual_executor::step() {
  detail::work* item = nullptr;
  {
    std::scoped_lock lock(mutex_);
    while (auto* t = timers_.pop_due(now_)) ready_.push(*t);
    item = ready_.pop();
  }
  if (!item) return false;
  enter here(*this);
  item->run(*item);
  return true;
}

std::size_t manual_executor::run() {
  std::size_t steps = 0;
  while (step()) ++steps;
  return steps;
}

std::size_t manual_executor::advance(duration by) {
  time_point end = now() + by;
  std::size_t steps = run();
  for (;;) {
    {
      std::scoped_lock lock(mutex_);
      now_ = std::min(timers_.next_due(), end);
    }
    steps += run();
    std::scoped_lock lock(mutex_);
    if (timers_.next_due() > end) {
      now_ = end;
      return steps;
    }
  }
}

bool manual_executor::advance_to_next_timer() {
  time_point due;
  {
    std::scoped_lock lock(mutex_);
    if (timers_.empty()) return false;
    due = timers_.next_due();
  }
  advance(std::max(due - now(), duration::zero()));
  return true;
}

std::size_t manual_executor::timers() const {
  std::scoped_lock lock(mutex_);
  return timers_.size();
}

bool manual_executor::idle() const {
  std::scoped_lock lock(mutex_);
  return ready_.empty();
}

void manual_executor::drive(std::function<bool()> const& finished) {
  while (!finished()) {
    if (step()) continue;
    if (!advance_to_next_timer()) executor::drive(finished);
  }
}

}  // namespace troupe
