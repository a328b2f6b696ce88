#include <troupe/net/asio/pending_wait.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <mutex>
#include <utility>

namespace troupe::detail {

class wait_registry {
 public:
  static std::shared_ptr<wait_registry> of(boost::asio::execution_context* context);

  /// False when the context has gone.
  [[nodiscard]] bool add(pending_wait& w) noexcept;
  /// Posts the wait's handler, or destroys the wait where the context has gone.
  void hand_over(pending_wait& w) noexcept;
  void close() noexcept;

 private:
  void unlink(pending_wait& w) noexcept;
  pending_wait* pop() noexcept;

  std::mutex mutex_;
  bool closed_ = false;
  pending_wait* first_ = nullptr;
};

namespace {

// Its place in the context is what tells the registry that the context goes. It is younger than the context's
// scheduler, so it is shut down before.
class wait_service final : public boost::asio::execution_context::service {
 public:
  using key_type = wait_service;
  static boost::asio::execution_context::id id;

  explicit wait_service(boost::asio::execution_context& context)
      : service(context), registry(std::make_shared<wait_registry>()) {}

  std::shared_ptr<wait_registry> const registry;

 private:
  void shutdown() override { registry->close(); }
};

boost::asio::execution_context::id wait_service::id;

}  // namespace

std::shared_ptr<wait_registry> wait_registry::of(boost::asio::execution_context* context) {
  if (!context) return std::make_shared<wait_registry>();
  return boost::asio::use_service<wait_service>(*context).registry;
}

bool wait_registry::add(pending_wait& w) noexcept {
  std::scoped_lock lock(mutex_);
  if (closed_) return false;
  w.next_ = first_;
  if (first_) first_->previous_ = &w;
  first_ = &w;
  return true;
}

void wait_registry::unlink(pending_wait& w) noexcept {
  (w.previous_ ? w.previous_->next_ : first_) = w.next_;
  if (w.next_) w.next_->previous_ = w.previous_;
}

void wait_registry::hand_over(pending_wait& w) noexcept {
  {
    std::scoped_lock lock(mutex_);
    if (!closed_) {
      unlink(w);
      return w.post_handler(std::unique_ptr<pending_wait>(&w));
    }
    // The last of the two that are done with it deletes it: this thread, or the one that closes.
    if (!std::exchange(w.half_gone_, true)) return;
  }
  delete &w;
}

pending_wait* wait_registry::pop() noexcept {
  std::scoped_lock lock(mutex_);
  closed_ = true;
  pending_wait* w = first_;
  if (w) unlink(*w);
  return w;
}

void wait_registry::close() noexcept {
  while (pending_wait* w = pop()) {
    w->drop_handler();
    bool last = w->state_->remove(*w);
    if (!last) {
      std::scoped_lock lock(mutex_);
      last = std::exchange(w->half_gone_, true);
    }
    if (last) delete w;
  }
}

pending_wait::pending_wait(state_base& state, boost::asio::execution_context* context)
    : waiter(awaits::value),
      work([](work& self) noexcept { static_cast<pending_wait&>(self).told(); }),
      state_(&state),
      registry_(wait_registry::of(context)) {}

pending_wait::~pending_wait() = default;

void pending_wait::begin() noexcept {
  if (!registry_->add(*this))
    delete this;
  else if (!state_->add(*this))
    told();
}

void pending_wait::ready(state_base&) noexcept { run_after_telling(*this); }

void pending_wait::told() noexcept {
  auto registry = registry_;
  registry->hand_over(*this);
}

void pending_wait::stop() noexcept {
  if (!state_->remove(*this)) return;
  stopped_ = true;
  told();
}

std::exception_ptr pending_wait::stopped_error() {
  return std::make_exception_ptr(boost::system::system_error(boost::asio::error::operation_aborted));
}

}  // namespace troupe::detail
