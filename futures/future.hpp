#pragma once

#include <troupe/futures/environment.hpp>
#include <troupe/futures/shared_state.hpp>

#include <atomic>
#include <concepts>
#include <coroutine>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>

namespace troupe {

template <class T>
class future;

namespace detail {

struct future_access;

/// The await of a state: resumes on the awaiting coroutine's executor when the state is readable, or when the coroutine
/// is asked to stop, which ends the wait alone.
class state_await : public waiter {
 public:
  explicit state_await(intrusive_ptr<state_base> state) noexcept : waiter(awaits::value), state_(std::move(state)) {}
  ~state_await() = default;

  [[nodiscard]] bool await_ready() const noexcept { return state_->readable(); }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) {
    return suspend(handle, environment_of(handle));
  }

 protected:
  [[nodiscard]] state_base& state() const noexcept { return *state_; }
  /// Rethrows the state's error; cancelled_error("stopped") when the wait was stopped.
  void finish();

 private:
  struct on_stop {
    state_await* self;
    void operator()() const noexcept { self->stop(); }
  };

  bool suspend(std::coroutine_handle<> handle, environment const* env);
  void ready(state_base&) noexcept override { where_->post(resumption_); }
  void stop() noexcept;

  intrusive_ptr<state_base> state_;
  executor* where_ = nullptr;
  resumption resumption_;
  std::atomic<bool> stopped_{false};
  std::optional<std::stop_callback<on_stop>> on_stop_;
};

}  // namespace detail

/// A handle on a result that is on its way. Cheap to copy; all copies see the same result; usable from any thread.
///
/// - Success: `co_await f` of an lvalue gives `T const&`, valid while a copy of `f` lives; of an rvalue the value:
/// moved
///   out for the last holder, else copied (future_shared where T cannot be copied).
/// - Failure: await and get rethrow the error (task_error for tasks); `error()` shows it without throwing.
/// - Cancellation: `cancel()` ends the work and all its awaits with cancelled_error. Stopping an await (stop token,
///   timeout) ends that await alone. When the last future of a task goes before it ran, it is not run.
/// - The awaiting coroutine resumes on its own executor.
/// - Cost: copying is one atomic increment; awaiting a finished future does not suspend.
///
/// Every operation on an empty future (default-constructed, moved from) throws future_invalid, but `valid()`.
template <class T>
class [[nodiscard("dropping the last future of a task cancels it")]] future {
 public:
  using value_type = T;

  future() noexcept = default;
  future(future const& other) noexcept : state_(other.state_) {
    if (state_) state_->add_handle();
  }
  future(future&& other) noexcept = default;
  future& operator=(future other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~future() {
    if (state_) state_->drop_handle();
  }

  [[nodiscard]] bool valid() const noexcept { return bool(state_); }

  [[nodiscard]] future_status status() const { return checked("status").status(); }
  /// Finished, failed or cancelled.
  [[nodiscard]] bool done() const { return checked("done").done(); }
  /// Ended without a value: awaiting it throws.
  [[nodiscard]] bool failed() const {
    auto s = status();
    return s == future_status::failed || s == future_status::cancelled;
  }
  [[nodiscard]] bool cancelled() const { return status() == future_status::cancelled; }
  /// What awaiting it would throw; null while pending and when finished.
  [[nodiscard]] std::exception_ptr error() const { return checked("error").error(); }
  /// The task's key; "" for a future that no scheduler knows.
  [[nodiscard]] std::string key() const { return checked("key").key(); }

  /// Has no effect on a future that is done.
  void cancel() const { checked("cancel").cancel("cancelled"); }

  /// Blocks the calling thread. Throws what awaiting would throw; would_deadlock on a thread of a runtime's loop.
  std::add_lvalue_reference_t<T const> get() const& {
    wait_for_get(time_point::max());
    if constexpr (!std::is_void_v<T>) return state_->template value<T>();
  }
  T get() && {
    wait_for_get(time_point::max());
    [[maybe_unused]] future owned = std::move(*this);
    if constexpr (!std::is_void_v<T>) return owned.state_->template take<T>();
  }
  /// Throws timeout_error when it is not done in time; the work goes on.
  std::add_lvalue_reference_t<T const> get(duration timeout) const& {
    wait_for_get(detail::time_after(clock::now(), timeout));
    if constexpr (!std::is_void_v<T>) return state_->template value<T>();
  }

  /// Calls `callback(future)` once done: on the executor current at this call, else on the worker pool of the task's
  /// cluster, else on the thread that completes the future. An exception out of it ends the program. The
  /// executor must live until the future is done: do not register, in a task or actor, for a future that ends later
  /// than its cluster or runtime.
  template <std::invocable<future> Callback>
  void on_done(Callback callback) const;

  /// A future is an Asio asynchronous operation: completes `token` with (std::exception_ptr, T), for void with
  /// (std::exception_ptr). Defined in <troupe/asio.hpp>.
  template <class Token>
  auto async_wait(Token&& token) const;
  /// Completes `token` with (std::exception_ptr) and leaves the value where it is.
  template <class Token>
  auto async_ready(Token&& token) const;

  class reading_await final : public detail::state_await {
   public:
    using detail::state_await::state_await;
    std::add_lvalue_reference_t<T const> await_resume() {
      finish();
      if constexpr (!std::is_void_v<T>) return state().template value<T>();
    }
  };
  class taking_await final : public detail::state_await {
   public:
    explicit taking_await(future f) noexcept : detail::state_await(f.state_), future_(std::move(f)) {}
    T await_resume() {
      finish();
      if constexpr (!std::is_void_v<T>) return future_.state_->template take<T>();
    }

   private:
    future future_;
  };

  [[nodiscard]] reading_await operator co_await() const& {
    checked("co_await");
    return reading_await(state_);
  }
  [[nodiscard]] taking_await operator co_await() && {
    checked("co_await");
    return taking_await(std::move(*this));
  }

 private:
  friend detail::future_access;

  explicit future(detail::intrusive_ptr<detail::state_base> state) noexcept : state_(std::move(state)) {
    state_->add_handle();
  }

  detail::state_base& checked(char const* operation) const {
    if (!state_)
      throw future_invalid(std::string(operation) + " on an empty future (default-constructed or moved from)");
    return *state_;
  }
  void wait_for_get(time_point until) const {
    auto& state = checked("get");
    if (!detail::block_until_done(state, until, "future::get", detail::awaits::value))
      throw timeout_error("future " + state.key() + " was not done in time");
    state.rethrow_if_failed();
  }

  detail::intrusive_ptr<detail::state_base> state_;
};

namespace detail {

/// The door for the rest of the library.
struct future_access {
  template <class T>
  [[nodiscard]] static future<T> make(intrusive_ptr<state_base> state) noexcept {
    return future<T>(std::move(state));
  }
  template <class T>
  [[nodiscard]] static intrusive_ptr<state_base> const& state(future<T> const& f) noexcept {
    return f.state_;
  }
};

/// A future without its type: keeps the result wanted, as a copy of the future does.
class any_future {
 public:
  any_future() noexcept = default;
  explicit any_future(intrusive_ptr<state_base> state) noexcept : state_(std::move(state)) {
    if (state_) state_->add_handle();
  }
  any_future(any_future const& other) noexcept : any_future(other.state_) {}
  any_future(any_future&& other) noexcept = default;
  any_future& operator=(any_future other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~any_future() {
    if (state_) state_->drop_handle();
  }
  [[nodiscard]] intrusive_ptr<state_base> const& state() const noexcept { return state_; }

 private:
  intrusive_ptr<state_base> state_;
};

template <class T>
struct is_future : std::false_type {};
template <class T>
struct is_future<future<T>> : std::true_type {};

/// Calls a function once a state is done.
class callback_waiter final : public waiter, public work {
 public:
  static void attach(state_base& state, std::function<void()> callback);

 private:
  callback_waiter(executor* where, std::function<void()> callback)
      : work(&call), where_(where), callback_(std::move(callback)) {}
  void ready(state_base&) noexcept override;
  static void call(work& self) noexcept;

  executor* where_;
  std::function<void()> callback_;
};

}  // namespace detail

template <class T>
template <std::invocable<future<T>> Callback>
void future<T>::on_done(Callback callback) const {
  checked("on_done");
  detail::callback_waiter::attach(
      *state_, [self = *this, callback = std::move(callback)]() mutable { callback(std::move(self)); });
}

}  // namespace troupe
