#include <troupe/actors/client/internal/local_client.hpp>
#include <troupe/actors/client/internal/session.hpp>

namespace troupe::detail {

void session_users::add_ref() const noexcept {
  // Whoever makes the first has the session by other means.
  if (count_.fetch_add(1, std::memory_order_relaxed) == 0) of_.add_ref();
}

void session_users::release() const noexcept {
  if (count_.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  of_.no_clients_left();
  of_.release();
}

void session::no_clients_left() noexcept {
  if (ends_unused_.load(std::memory_order_acquire)) actor_.send(leave_if_unused{});
}

bool session::unused() const noexcept {
  return ends_unused_.load(std::memory_order_acquire) && !users_.any() && !rest_ && held_ == 0;
}

void session::hold(task_state& task) {
  task.set_ref(take_slot(task));
  ++held_;
}

}  // namespace troupe::detail
