#include <troupe/futures/wait_list.hpp>

#include <utility>

namespace troupe::detail {

void list_waiter::prepare(std::coroutine_handle<> handle, environment const* env) {
  where_ = &resumes_on(env);
  resumption_.bind(handle, env);
  if (env && env->stop.stop_possible()) on_stop_.emplace(env->stop, on_stop{this});
}

bool list_waiter::enter(wait_list& list) noexcept {
  if (stopped_) return false;
  entered_ = true;
  list.push(*this);
  return true;
}

void list_waiter::stop() noexcept {
  {
    std::scoped_lock lock(guard_);
    // One that was woken already keeps the answer it got.
    if (entered_ && !list_) return;
    stopped_ = true;
    if (!list_) return;
    list_->erase(*this);
  }
  wake();
}

void wait_list::push(list_waiter& w) noexcept {
  w.list_ = this;
  w.next_ = nullptr;
  w.previous_ = last_;
  (last_ ? last_->next_ : first_) = &w;
  last_ = &w;
}

void wait_list::erase(list_waiter& w) noexcept {
  (w.previous_ ? w.previous_->next_ : first_) = w.next_;
  (w.next_ ? w.next_->previous_ : last_) = w.previous_;
  w.list_ = nullptr;
}

void wait_list::move_to(wait_list& other) noexcept {
  for (list_waiter* w = first_; w; w = w->next_) w->list_ = nullptr;
  other.first_ = std::exchange(first_, nullptr);
  other.last_ = std::exchange(last_, nullptr);
}

void wait_list::wake_all() noexcept {
  while (first_) std::exchange(first_, first_->next_)->wake();
}

}  // namespace troupe::detail
