#include <troupe/futures/group_wait.hpp>

#include <troupe/futures/sleep_for.hpp>

#include <algorithm>

namespace troupe::detail {
namespace {

bool failed(state_base const& state) noexcept {
  auto status = state.status();
  return status == future_status::failed || status == future_status::cancelled;
}

}  // namespace

bool group_wait::await_ready() const noexcept {
  auto done = [this](state_base* s) { return each_ == awaits::value ? s->readable() : s->done(); };
  if (what_ == wait_for::first_completed) return states_.empty() || std::ranges::any_of(states_, done);
  return std::ranges::all_of(states_, done);
}

bool group_wait::suspend(std::coroutine_handle<> handle, environment const* env) {
  where_ = &resumes_on(env);
  resumption_.bind(handle, env);
  members_ = std::make_unique<member[]>(states_.size());
  untold_.store(states_.size(), std::memory_order_relaxed);
  parties_.store(timeout_ ? 3 : 2, std::memory_order_relaxed);
  if (timeout_) where_->post_at(time_after(where_->now(), *timeout_), limit_);
  if (env && env->stop.stop_possible()) on_stop_.emplace(env->stop, on_stop{this});
  for (std::size_t i = 0; i < states_.size() && ended_.load(std::memory_order_acquire) == reason::none; ++i) {
    members_[i].enter(*this);
    if (!states_[i]->add(members_[i])) told(*states_[i]);
  }
  return !settle(1);
}

void group_wait::told(state_base& state) noexcept {
  bool bad = failed(state);
  if (bad) {
    state_base* none = nullptr;
    first_failed_.compare_exchange_strong(none, &state, std::memory_order_acq_rel);
  }
  if (what_ == wait_for::first_completed || (what_ == wait_for::first_exception && bad)) {
    end(reason::found);
    untold_.fetch_sub(1, std::memory_order_acq_rel);
  } else if (untold_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    end(reason::all_told);
  }
}

void group_wait::end(reason why) noexcept {
  auto open = reason::none;
  if (!ended_.compare_exchange_strong(open, why, std::memory_order_acq_rel)) return;
  // A timer that cannot be taken back is about to pass and settles for itself.
  int parties = timeout_ && why != reason::time && where_->cancel(limit_) ? 2 : 1;
  executor* where = where_;
  if (settle(parties)) where->post(resumption_);
}

void group_wait::limit::pass(work& self) noexcept {
  auto& group = static_cast<limit&>(self).group;
  auto open = reason::none;
  bool first = group.ended_.compare_exchange_strong(open, reason::time, std::memory_order_acq_rel);
  if (group.settle(first ? 2 : 1)) group.resumption_.run(group.resumption_);
}

bool group_wait::settle(int parties) noexcept {
  return parties_.fetch_sub(parties, std::memory_order_acq_rel) == parties;
}

void group_wait::await_resume() {
  on_stop_.reset();
  auto why = ended_.load(std::memory_order_acquire);
  // When the last state ended the wait, each member was told and will not be looked at again.
  if (members_ && why != reason::all_told)
    for (std::size_t i = 0; i < states_.size(); ++i) states_[i]->remove(members_[i]);
  if (why == reason::stop) throw cancelled_error("stopped");
}

}  // namespace troupe::detail
