#include <troupe/futures/future.hpp>

namespace troupe::detail {

bool state_await::suspend(std::coroutine_handle<> handle, environment const* env) {
  where_ = &resumes_on(env);
  resumption_.bind(handle, env);
  // The callback comes first: once the state knows this waiter, the coroutine may resume elsewhere and be gone.
  if (env && env->stop.stop_possible()) on_stop_.emplace(env->stop, on_stop{this});
  return state_->add(*this, &stopped_);
}

void state_await::stop() noexcept {
  stopped_.store(true, std::memory_order_release);
  if (state_->remove(*this)) where_->post(resumption_);
}

void state_await::finish() {
  on_stop_.reset();
  if (!state_->readable()) throw cancelled_error("stopped");
  state_->rethrow_if_failed();
}

void callback_waiter::attach(state_base& state, std::function<void()> callback) {
  executor* where = executor::current();
  auto* self = new callback_waiter(where ? where : state.callback_executor(), std::move(callback));
  if (state.add(*self)) return;
  if (self->where_)
    self->where_->post(*self);
  else
    call(*self);
}

void callback_waiter::ready(state_base&) noexcept {
  if (where_)
    where_->post(*this);
  else
    run_after_telling(*this);
}

void callback_waiter::call(work& item) noexcept {
  auto* self = static_cast<callback_waiter*>(&item);
  self->callback_();
  delete self;
}

}  // namespace troupe::detail
