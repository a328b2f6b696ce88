#include <troupe/actors/runtime/runtime.hpp>

#include <troupe/actors/runtime/internal/asio_loop.hpp>
#include <troupe/actors/runtime/internal/exit_signal.hpp>

#include <mutex>
#include <string>
#include <vector>

namespace troupe {

class runtime::impl {
 public:
  explicit impl(runtime_options const& options) : patience_(options.patience()) {
    if (options.loops() == 0) throw error("a runtime needs at least one loop");
    for (std::size_t i = 0; i < options.loops(); ++i) {
      loops_.push_back(detail::make_intrusive<detail::asio_loop>(registry_, i, options.spin()));
      try {
        loops_.back()->start_thread();
      } catch (...) {
        loops_.pop_back();
        for (auto& loop : loops_) loop->join();
        throw;
      }
    }
  }

  void close();
  [[nodiscard]] bool closed() {
    std::scoped_lock lock(mutex_);
    return closing_;
  }
  bool on_close(std::function<void()> f) {
    std::scoped_lock lock(mutex_);
    if (!closing_) hooks_.push_back(std::move(f));
    return !closing_;
  }

  detail::intrusive_ptr<detail::actor_registry> registry_ = detail::make_intrusive<detail::actor_registry>();
  std::vector<detail::intrusive_ptr<detail::asio_loop>> loops_;

 private:
  void run_hooks();
  void stop_actors();

  duration patience_;
  std::mutex closing_mutex_;  // held by the thread that closes
  std::mutex mutex_;          // guards what follows
  bool closing_ = false;
  std::vector<std::function<void()>> hooks_;
};

void runtime::impl::close() {
  detail::blocking_region region("runtime::close");
  std::scoped_lock lock(closing_mutex_);
  if (closed()) return;
  run_hooks();
  stop_actors();
  for (auto& loop : loops_) loop->join();
}

void runtime::impl::run_hooks() {
  for (;;) {
    std::function<void()> next;
    {
      std::scoped_lock lock(mutex_);
      if (hooks_.empty()) {
        closing_ = true;
        return;
      }
      next = std::move(hooks_.back());
      hooks_.pop_back();
    }
    try {
      next();
    } catch (...) {
      std::scoped_lock lock(mutex_);
      hooks_.push_back(std::move(next));
      throw;
    }
  }
}

void runtime::impl::stop_actors() {
  registry_->refuse_more();
  while (auto last = registry_->newest()) {
    actor_id id = last->id();
    last->deliver(*new detail::exit_signal({actor_id{}, exit_reason::shutdown("the runtime closes")}));
    if (registry_->wait_until_gone(id, clock::now() + patience_)) continue;
    last->on_loop([last] { last->quit(exit_reason::killed("the runtime closes and it did not stop")); });
    last = nullptr;
    registry_->wait_until_gone(id, time_point::max());
  }
}

runtime::runtime(runtime_options const& options) : impl_(std::make_unique<impl>(options)) {}
runtime::~runtime() { close(); }

std::size_t runtime::loops() const noexcept { return impl_->loops_.size(); }

event_loop& runtime::loop(std::size_t index) const {
  if (index >= loops())
    throw error("loop " + std::to_string(index) + " of a runtime with " + std::to_string(loops()) + " loops");
  return *impl_->loops_[index];
}

bool runtime::on_close(std::function<void()> f) { return impl_->on_close(std::move(f)); }
void runtime::close() { impl_->close(); }
bool runtime::closed() const noexcept { return impl_->closed(); }
std::size_t runtime::live_actors() const noexcept { return impl_->registry_->live_actors(); }
std::size_t runtime::live_handlers() const noexcept {
  std::size_t all = 0;
  for (auto& loop : impl_->loops_) all += loop->live_handlers();
  return all;
}

}  // namespace troupe
