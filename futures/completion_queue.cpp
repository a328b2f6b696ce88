#include <troupe/futures/completion_queue.hpp>

#include <mutex>
#include <utility>

namespace troupe::detail {

void completion::ready(state_base&) noexcept { queue_->push(*this); }

completion_queue::~completion_queue() {
  while (all_) {
    // After this no thread is telling it, or will.
    all_->state_->remove(*all_);
    delete std::exchange(all_, all_->next_);
  }
}

void completion_queue::add(state_base& state, std::unique_ptr<completion> owned) noexcept {
  completion& item = *owned.release();
  item.state_ = &state;
  item.queue_ = this;
  item.next_ = all_;
  if (all_) all_->previous_ = &item;
  all_ = &item;
  ++size_;
  if (!state.add(item)) push(item);
}

std::unique_ptr<completion> completion_queue::pop() noexcept {
  completion* item;
  {
    std::scoped_lock lock(lock_);
    item = first_done_;
    if (item) first_done_ = item->next_done_;
  }
  if (!item) return nullptr;
  // The thread that told it may still be leaving the state's lock, but is done with the item.
  (item->previous_ ? item->previous_->next_ : all_) = item->next_;
  if (item->next_) item->next_->previous_ = item->previous_;
  --size_;
  return std::unique_ptr<completion>(item);
}

bool completion_queue::has_done() noexcept {
  std::scoped_lock lock(lock_);
  return first_done_ != nullptr;
}

void completion_queue::cancel_all(std::string_view reason) noexcept {
  for (completion* item = all_; item; item = item->next_) item->state_->cancel(reason);
}

void completion_queue::push(completion& item) noexcept {
  completion_await* consumer;
  {
    std::scoped_lock lock(lock_);
    item.next_done_ = nullptr;
    (first_done_ ? last_done_->next_done_ : first_done_) = &item;
    last_done_ = &item;
    consumer = std::exchange(consumer_, nullptr);
  }
  if (consumer) consumer->wake();
}

bool completion_queue::wait(completion_await& consumer) noexcept {
  std::scoped_lock lock(lock_);
  if (first_done_ || consumer.stopped_) return false;
  consumer_ = &consumer;
  return true;
}

void completion_queue::stop(completion_await& consumer) noexcept {
  {
    std::scoped_lock lock(lock_);
    consumer.stopped_ = true;
    if (consumer_ != &consumer) return;
    consumer_ = nullptr;
  }
  consumer.wake();
}

bool completion_await::suspend(std::coroutine_handle<> handle, environment const* env) {
  where_ = &resumes_on(env);
  resumption_.bind(handle, env);
  if (env && env->stop.stop_possible()) on_stop_.emplace(env->stop, on_stop{this});
  return queue_.wait(*this);
}

void completion_await::finish() {
  on_stop_.reset();
  if (stopped_ && !queue_.has_done()) throw cancelled_error("stopped");
}

}  // namespace troupe::detail
