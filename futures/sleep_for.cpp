#include <troupe/futures/sleep_for.hpp>

#include <mutex>

namespace troupe::detail {

bool sleep_await::suspend(std::coroutine_handle<> handle, environment const* env) {
  where_ = &resumes_on(env);
  resumption_.bind(handle, env);
  if (by_) until_ = time_after(where_->now(), *by_);
  if (env && env->stop.stop_possible()) on_stop_.emplace(env->stop, on_stop{this});
  std::scoped_lock lock(arming_);
  if (stopped_) return false;
  where_->post_at(until_, alarm_);
  armed_ = true;
  return true;
}

void sleep_await::alarm::ring(work& self) noexcept {
  auto& sleeper = static_cast<alarm&>(self).sleeper;
  {
    std::scoped_lock until_armed(sleeper.arming_);
  }
  sleeper.resumption_.run(sleeper.resumption_);
}

void sleep_await::stop() noexcept {
  {
    std::scoped_lock lock(arming_);
    // Where the timer cannot be taken back it rings, and the sleep ends as if there had been no request.
    stopped_ = !armed_ || where_->cancel(alarm_);
    if (!armed_ || !stopped_) return;
  }
  where_->post(resumption_);
}

void sleep_await::await_resume() {
  on_stop_.reset();
  if (stopped_) throw cancelled_error("stopped");
}

}  // namespace troupe::detail
