#include <troupe/net/asio/operation.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <utility>

namespace troupe::detail {

bool stop_relay::begin() noexcept {
  if (phase_ == phase::stopped) return false;
  phase_ = phase::running;
  return true;
}

void stop_relay::end() noexcept {
  std::scoped_lock lock(mutex);
  phase_ = phase::ended;
}

void stop_relay::request() {
  std::scoped_lock lock(mutex);
  if (phase_ == phase::idle) phase_ = phase::stopped;
  if (phase_ == phase::running) signal.emit(boost::asio::cancellation_type::terminal);
}

thread_local asio_operation::initiating* asio_operation::initiating::innermost = nullptr;

asio_operation::initiating::initiating(asio_operation& self) noexcept
    : operation_(&self), outer_(std::exchange(innermost, this)) {}

asio_operation::initiating::~initiating() { innermost = outer_; }

void asio_operation::prepare(std::coroutine_handle<> awaiting, environment const* env) {
  env_ = env;
  where_ = &resumes_on(env);
  resumption_.bind(awaiting, env);
}

void asio_operation::hand_back() noexcept {
  if (relay_) relay_->end();
  where_->post(resumption_);
}

void asio_operation::drop() noexcept {
  for (auto* i = initiating::innermost; i; i = i->outer_)
    if (i->operation_ == this) {
      i->dropped_ = true;
      return;
    }
  hand_back();
}

void asio_operation::throw_without_result() const {
  if (not_started_) throw cancelled_error("stopped");
  throw boost::system::system_error(boost::asio::error::operation_aborted,
                                    "the operation was dropped by its I/O context");
}

void asio_operation::throw_if(boost::system::error_code const& failed) const {
  if (!failed) return;
  if (failed == boost::asio::error::operation_aborted && stop_requested()) throw cancelled_error("stopped");
  throw boost::system::system_error(failed);
}

void asio_operation::throw_if(std::exception_ptr const& failed) const {
  if (!failed) return;
  try {
    std::rethrow_exception(failed);
  } catch (boost::system::system_error const& e) {
    if (e.code() == boost::asio::error::operation_aborted && stop_requested()) throw cancelled_error("stopped");
    throw;
  }
}

}  // namespace troupe::detail
