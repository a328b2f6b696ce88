#include <troupe/actors/scheduler/internal/scheduler_plugins.hpp>

#include <troupe/actors/worker/log.hpp>
#include <troupe/futures/errors.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace troupe {

void scheduler_plugin::setup() {}
void scheduler_plugin::on_event(cluster_event const&) {}
void scheduler_plugin::on_dropped(std::uint64_t) {}
void scheduler_plugin::teardown() {}

namespace detail {

told_plugin::told_plugin(std::string name, std::shared_ptr<scheduler_plugin> plugin, std::function<void(work&)> runs)
    : work(&step), name_(std::move(name)), plugin_(std::move(plugin)), run_(std::move(runs)) {}

void told_plugin::tell(std::vector<cluster_event> const& events) {
  std::unique_lock lock(mutex_);
  if (ending_) return;
  for (auto const& event : events) {
    if (waiting_.size() == most_waiting) {
      waiting_.pop_front();
      ++dropped_;
    }
    waiting_.push_back(event);
  }
  begin_step(std::move(lock));
}

future<void> told_plugin::end() {
  std::unique_lock lock(mutex_);
  ending_ = true;
  dropped_ += waiting_.size();
  waiting_.clear();
  auto ended = ended_.get_future();
  begin_step(std::move(lock));
  return ended;
}

void told_plugin::begin_step(std::unique_lock<std::mutex> lock) {
  if (std::exchange(running_, true)) return;
  add_ref();  // given back by the step
  lock.unlock();
  run_(*this);
}

void told_plugin::step(work& self) noexcept {
  auto& told = static_cast<told_plugin&>(self);
  intrusive_ptr<told_plugin> alive(&told);
  told.release();
  for (;;) {
    std::optional<cluster_event> event;
    std::uint64_t dropped = 0;
    {
      std::scoped_lock lock(told.mutex_);
      dropped = std::exchange(told.dropped_, 0);
      if (!told.waiting_.empty()) {
        event = std::move(told.waiting_.front());
        told.waiting_.pop_front();
      } else if (!told.ending_) {
        told.running_ = false;
        return;
      }
    }
    if (dropped > 0) told.guarded("telling", [&] { told.plugin_->on_dropped(dropped); });
    if (event) {
      told.guarded("telling", [&] { told.plugin_->on_event(*event); });
      continue;
    }
    told.guarded("tearing down", [&] { told.plugin_->teardown(); });
    told.ended_.set_value();
    return;
  }
}

void told_plugin::guarded(char const* doing, std::function<void()> const& what) const noexcept {
  try {
    what();
  } catch (...) {
    log("{} the scheduler's plugin {} failed: {}", doing, name_, troupe::describe(std::current_exception()));
  }
}

void scheduler_plugins::put(std::string const& name, std::shared_ptr<scheduler_plugin> plugin) {
  auto told = make_intrusive<told_plugin>(name, std::move(plugin), run_);
  {
    std::scoped_lock lock(mutex_);
    if (!closed_) {
      plugins_[name] = std::move(told);
      return;
    }
  }
  static_cast<void>(told->end());
}

future<void> scheduler_plugins::remove(std::string const& name) {
  std::unique_lock lock(mutex_);
  auto known = plugins_.extract(name);
  lock.unlock();
  if (known) return known.mapped()->end();
  promise<void> nothing;
  nothing.set_value();
  return nothing.get_future();
}

void scheduler_plugins::tell(std::vector<cluster_event> const& events) {
  std::scoped_lock lock(mutex_);
  for (auto const& [name, told] : plugins_) told->tell(events);
}

bool scheduler_plugins::empty() const {
  std::scoped_lock lock(mutex_);
  return plugins_.empty();
}

bool scheduler_plugins::has(std::string const& name) const {
  std::scoped_lock lock(mutex_);
  return plugins_.contains(name);
}

std::vector<future<void>> scheduler_plugins::close() {
  std::map<std::string, intrusive_ptr<told_plugin>> all;
  {
    std::scoped_lock lock(mutex_);
    closed_ = true;
    all = std::exchange(plugins_, {});
  }
  std::vector<future<void>> ended;
  for (auto const& [name, told] : all) ended.push_back(told->end());
  return ended;
}

}  // namespace detail
}  // namespace troupe
