#include <troupe/actors/runtime/actor_core.hpp>
#include <troupe/actors/runtime/event_loop.hpp>
#include <troupe/actors/runtime/internal/delayed_send.hpp>

namespace troupe::detail {

// Timers of an actor must run as its steps, so the loop only has one alarm per actor, set to the earliest of them.

time_point actor_core::now() const noexcept { return loop_->now(); }

void actor_core::post_at(time_point when, timer& t) {
  std::scoped_lock lock(timers_mutex_);
  timers_.push(t, when);
  set_alarm();
}

bool actor_core::cancel(timer& t) noexcept {
  std::scoped_lock lock(timers_mutex_);
  bool erased = timers_.erase(t);
  set_alarm();
  return erased;
}

void actor_core::set_alarm() {
  time_point next = timers_.next_due();
  if (next == alarm_due_) return;
  if (alarm_due_ != time_point::max()) {
    // Where it cannot be taken back it is about to ring, and sets itself again then.
    if (!loop_->cancel(alarm_)) return;
    release();
  }
  alarm_due_ = next;
  if (next == time_point::max()) return;
  add_ref();
  loop_->post_at(next, alarm_);
}

void actor_core::alarm_rang() noexcept {
  auto alive = intrusive_ptr<actor_core>::adopt(this);
  {
    std::scoped_lock lock(timers_mutex_);
    alarm_due_ = time_point::max();
    time_point time = now();
    while (timer* due = timers_.pop_due(time)) steps_.push(*due);
    set_alarm();
  }
  if (!steps_.empty()) schedule();
}

std::size_t actor_core::send_after(duration wait, intrusive_ptr<actor_core> to, std::unique_ptr<envelope> message) {
  if (stopping()) return 0;
  std::size_t id = ++last_delayed_;
  auto& entry = delayed_[id] = std::make_unique<delayed_send>(*this, id, std::move(to), std::move(message));
  loop_->post_at(time_after(now(), wait), *entry);
  return id;
}

bool actor_core::cancel_send(std::size_t id) noexcept {
  auto at = delayed_.find(id);
  if (at == delayed_.end()) return false;
  if (!loop_->cancel(*at->second)) at->second.release()->orphan();
  delayed_.erase(at);
  return true;
}

void actor_core::drop_delayed_sends() noexcept {
  while (!delayed_.empty()) cancel_send(delayed_.begin()->first);
}

}  // namespace troupe::detail
