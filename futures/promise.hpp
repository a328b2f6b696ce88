#pragma once

#include <troupe/futures/future.hpp>

#include <optional>
#include <stop_token>
#include <utility>

namespace troupe {
namespace detail {

/// A state whose value lies in the state itself.
template <class T>
class promise_state final : public state_base {
 public:
  using stored = stored_t<T>;

  template <class... Args>
  bool set_value(Args&&... args) {
    if (!this->claim()) return false;
    try {
      this->set_location(&value_.emplace(std::forward<Args>(args)...));
    } catch (...) {
      this->fail_claimed(std::current_exception());
      return true;
    }
    this->publish(future_status::finished);
    return true;
  }
  [[nodiscard]] std::stop_token stop_token() const noexcept { return stop_.get_token(); }

  void cancel(std::string_view reason) noexcept override {
    this->set_cancelled(reason);
    stop_.request_stop();
  }
  /// Of the value itself; what it refers to is not counted.
  [[nodiscard]] std::size_t nbytes() const override {
    return this->status() == future_status::finished && !std::is_void_v<T> ? sizeof(stored) : 0;
  }

 private:
  void abandoned() noexcept override { stop_.request_stop(); }

  std::optional<stored> value_;
  std::stop_source stop_;
};

}  // namespace detail

/// The other end of a future: gives it its value or its error, once. Move-only; any thread.
/// Every operation on a promise that was moved from throws future_invalid.
/// A promise that goes without either completes its future with broken_promise.
/// Cancellation: `stop_token()` is asked to stop when the future is cancelled or its last copy goes.
template <class T = void>
class promise {
 public:
  promise() : state_(detail::make_intrusive<detail::promise_state<T>>()) {}
  promise(promise&&) noexcept = default;
  promise& operator=(promise&& other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~promise() {
    if (state_ && !state_->done())
      state_->set_error(std::make_exception_ptr(broken_promise("the promise of this future went without a value")));
  }

  /// Each call gives a copy of the same future. Throws future_invalid when the promise was moved from.
  [[nodiscard]] future<T> get_future() const {
    checked();
    return detail::future_access::make<T>(detail::intrusive_ptr<detail::state_base>(state_));
  }

  /// False when the future was done already (cancelled, for instance): the value is dropped.
  template <class U = T>
    requires(!std::is_void_v<T> && std::constructible_from<T, U &&>)
  bool set_value(U&& value) {
    return checked().set_value(std::forward<U>(value));
  }
  bool set_value()
    requires std::is_void_v<T>
  {
    return checked().set_value();
  }
  bool set_error(std::exception_ptr error) { return checked().set_error(std::move(error)); }

  [[nodiscard]] std::stop_token stop_token() const { return checked().stop_token(); }

 private:
  detail::promise_state<T>& checked() const {
    if (!state_) throw future_invalid("a promise was used that was moved from");
    return *state_;
  }

  detail::intrusive_ptr<detail::promise_state<T>> state_;
};

/// A future that is finished already.
template <class T>
[[nodiscard]] future<std::decay_t<T>> make_ready_future(T&& value) {
  promise<std::decay_t<T>> p;
  p.set_value(std::forward<T>(value));
  return p.get_future();
}

/// A future that has failed already.
template <class T>
[[nodiscard]] future<T> make_failed_future(std::exception_ptr error) {
  promise<T> p;
  p.set_error(std::move(error));
  return p.get_future();
}

}  // namespace troupe
