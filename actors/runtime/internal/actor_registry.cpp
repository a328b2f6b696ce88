#include <troupe/actors/runtime/internal/actor_registry.hpp>

namespace troupe::detail {

bool actor_registry::add(actor_core& core) {
  std::scoped_lock lock(mutex_);
  if (!refuses_) live_.emplace(core.id(), &core);
  return !refuses_;
}

void actor_registry::remove(actor_core& core) noexcept {
  std::scoped_lock lock(mutex_);
  live_.erase(core.id());
  removed_.notify_all();
}

void actor_registry::refuse_more() noexcept {
  std::scoped_lock lock(mutex_);
  refuses_ = true;
}

intrusive_ptr<actor_core> actor_registry::newest() const {
  std::scoped_lock lock(mutex_);
  return live_.empty() ? nullptr : intrusive_ptr<actor_core>(live_.rbegin()->second);
}

bool actor_registry::wait_until_gone(actor_id id, time_point until) {
  auto gone = [&] { return !live_.contains(id); };
  std::unique_lock lock(mutex_);
  if (until != time_point::max()) return removed_.wait_until(lock, until, gone);
  removed_.wait(lock, gone);
  return true;
}

std::size_t actor_registry::live_actors() const noexcept {
  std::scoped_lock lock(mutex_);
  return live_.size();
}

std::string actor_registry::names() const {
  std::scoped_lock lock(mutex_);
  std::string all;
  for (auto const& [id, core] : live_) all += (all.empty() ? "" : ", ") + core->name();
  return all;
}

}  // namespace troupe::detail
