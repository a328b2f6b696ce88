#pragma once

#include <troupe/futures/environment.hpp>
#include <troupe/futures/frame_pool.hpp>

#include <coroutine>
#include <exception>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace troupe {

template <class T = void>
class task;

namespace detail {

struct task_access;

class task_promise_base {
 public:
  [[nodiscard]] static void* operator new(std::size_t size) { return frame_allocate(size); }
  static void operator delete(void* frame, std::size_t size) noexcept { frame_free(frame, size); }

  struct final_awaiter {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) noexcept {
      return done.promise().continuation_;
    }
    void await_resume() const noexcept {}
  };

  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
  [[nodiscard]] final_awaiter final_suspend() const noexcept { return {}; }

  [[nodiscard]] environment const& env() const noexcept { return *env_; }
  void attach(std::coroutine_handle<> continuation, environment const* env) noexcept {
    continuation_ = continuation;
    env_ = env;
  }

 private:
  std::coroutine_handle<> continuation_;
  environment const* env_ = nullptr;
};

template <class T>
class task_promise : public task_promise_base {
 public:
  task_promise() noexcept {}
  task_promise(task_promise const&) = delete;
  task_promise& operator=(task_promise const&) = delete;
  ~task_promise() {
    if (outcome_ == outcome::value) value_.~T();
    if (outcome_ == outcome::error) error_.~exception_ptr();
  }

  task<T> get_return_object() noexcept;
  template <class U = T>
    requires std::constructible_from<T, U&&>
  void return_value(U&& value) {
    ::new (static_cast<void*>(std::addressof(value_))) T(std::forward<U>(value));
    outcome_ = outcome::value;
  }
  void unhandled_exception() noexcept {
    ::new (static_cast<void*>(std::addressof(error_))) std::exception_ptr(std::current_exception());
    outcome_ = outcome::error;
  }
  [[nodiscard]] T take() {
    if (outcome_ == outcome::error) std::rethrow_exception(error_);
    return std::move(value_);
  }

 private:
  enum class outcome : unsigned char { none, value, error };
  outcome outcome_ = outcome::none;
  union {
    T value_;
    std::exception_ptr error_;
  };
};

template <>
class task_promise<void> : public task_promise_base {
 public:
  task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void unhandled_exception() noexcept { error_ = std::current_exception(); }
  void take() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::exception_ptr error_;
};

}  // namespace detail

/// A lazy coroutine: `co_await some_task()` runs it and gives its value or rethrows its exception.
///
/// - Starts when awaited, on the awaiting thread, without a hop; the awaiting coroutine resumes in the same step in
///   which the task ends (symmetric transfer), so a loop of awaits needs no stack.
/// - Inherits executor and stop token from the coroutine that awaits it.
/// - Cancellation: none of its own; what it awaits sees the inherited stop token.
/// - Awaited once. Never destroyed while it is suspended inside an await: whoever started the chain joins it (scope).
/// - Cost: one frame, from a pool; no allocation otherwise.
template <class T>
class [[nodiscard("a task does nothing until it is awaited")]] task {
 public:
  using promise_type = detail::task_promise<T>;
  using value_type = T;

  task() noexcept = default;
  task(task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  task& operator=(task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~task() {
    if (handle_) handle_.destroy();
  }

  [[nodiscard]] bool valid() const noexcept { return handle_ != nullptr; }

  class awaiter {
   public:
    explicit awaiter(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
      requires detail::carries_environment<Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
      handle_.promise().attach(awaiting, &awaiting.promise().env());
      return handle_;
    }
    T await_resume() { return handle_.promise().take(); }

   private:
    std::coroutine_handle<promise_type> handle_;
  };

  /// Throws future_invalid when there is no coroutine: default-constructed or moved from.
  [[nodiscard]] awaiter operator co_await() && {
    if (!handle_) throw future_invalid("awaiting an empty task");
    return awaiter(handle_);
  }
  template <class U = T>
  [[nodiscard]] awaiter operator co_await() & {
    static_assert(!std::is_same_v<U, T>, "a task is awaited once: write `co_await std::move(task)`");
    return std::move(*this).operator co_await();
  }

 private:
  friend promise_type;
  friend detail::task_access;
  explicit task(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}

  std::coroutine_handle<promise_type> handle_;
};

namespace detail {

/// The door for the rest of the library.
struct task_access {
  template <class T>
  [[nodiscard]] static std::coroutine_handle<task_promise<T>> handle(task<T> const& body) noexcept {
    return body.handle_;
  }
};

/// Awaits `body`, which must be valid, in an environment other than the awaiting coroutine's. Both outlive the await.
template <class T>
class await_in {
 public:
  await_in(environment const& env, task<T> const& body) noexcept : handle_(task_access::handle(body)), env_(&env) {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
    requires carries_environment<Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> awaiting) noexcept {
    outer_ = &awaiting.promise().env();
    change_environment(env_);
    handle_.promise().attach(awaiting, env_);
    return handle_;
  }
  T await_resume() {
    // The step goes on in the awaiting coroutine, maybe beyond the end of the other environment.
    change_environment(outer_);
    return handle_.promise().take();
  }

 private:
  std::coroutine_handle<task_promise<T>> handle_;
  environment const* env_;
  environment const* outer_ = nullptr;
};

template <class T>
task<T> task_promise<T>::get_return_object() noexcept {
  return task<T>(std::coroutine_handle<task_promise>::from_promise(*this));
}
inline task<void> task_promise<void>::get_return_object() noexcept {
  return task<void>(std::coroutine_handle<task_promise>::from_promise(*this));
}

}  // namespace detail
}  // namespace troupe
