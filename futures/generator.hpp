#pragma once

#include <troupe/futures/environment.hpp>
#include <troupe/futures/frame_pool.hpp>

#include <concepts>
#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace troupe {

template <class T>
class generator;

namespace detail {

template <class T>
class generator_promise {
 public:
  [[nodiscard]] static void* operator new(std::size_t size) { return frame_allocate(size); }
  static void operator delete(void* frame, std::size_t size) noexcept { frame_free(frame, size); }

  class to_consumer {
   public:
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<generator_promise> self) const noexcept {
      return self.promise().consumer_;
    }
    void await_resume() const noexcept {}
  };

  [[nodiscard]] generator<T> get_return_object() noexcept;
  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
  [[nodiscard]] to_consumer final_suspend() const noexcept { return {}; }
  template <class U = T>
    requires std::constructible_from<T, U&&>
  [[nodiscard]] to_consumer yield_value(U&& item) {
    item_.emplace(std::forward<U>(item));
    return {};
  }
  void return_void() const noexcept {}
  void unhandled_exception() noexcept { error_ = std::current_exception(); }

  [[nodiscard]] environment const& env() const noexcept { return *env_; }
  void attach(std::coroutine_handle<> consumer, environment const* env) noexcept {
    item_.reset();
    consumer_ = consumer;
    env_ = env;
  }
  /// Null at the end.
  [[nodiscard]] T* take() {
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
    return item_ ? &*item_ : nullptr;
  }

 private:
  std::coroutine_handle<> consumer_;
  environment const* env_ = nullptr;
  std::optional<T> item_;
  std::exception_ptr error_;
};

}  // namespace detail

/// A coroutine that gives several values and may wait between them: `co_yield` and `co_await` in its body, and
///
///     while (auto* item = co_await numbers.next()) … *item …
///
/// - Success: `next()` runs the body to its next `co_yield` and gives the item, which stays until the following `next`
///   and may be moved from; null at the end, and from then on.
/// - First failure: an exception out of the body comes out of `next` once; after it the generator is at its end.
/// - Cancellation: what the body awaits sees the stop token of the coroutine that awaits `next`. A generator that is
///   destroyed early is destroyed at its `co_yield`, its local objects with it; never while a `next` is under way.
/// - The consumer resumes in the step in which the item is there; the body runs on the consumer's executor.
/// - Cost: one frame, from a pool; none per item.
///
/// One consumer at a time.
template <class T>
class [[nodiscard("a generator does nothing until its next() is awaited")]] generator {
 public:
  using promise_type = detail::generator_promise<T>;
  using value_type = T;

  generator() noexcept = default;
  generator(generator&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  generator& operator=(generator&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~generator() {
    if (handle_) handle_.destroy();
  }

  class next_await {
   public:
    explicit next_await(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
    [[nodiscard]] bool await_ready() const noexcept { return !handle_ || handle_.done(); }
    template <class Promise>
      requires detail::carries_environment<Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> consumer) noexcept {
      handle_.promise().attach(consumer, &consumer.promise().env());
      return handle_;
    }
    T* await_resume() { return handle_ ? handle_.promise().take() : nullptr; }

   private:
    std::coroutine_handle<promise_type> handle_;
  };

  [[nodiscard]] next_await next() noexcept { return next_await(handle_); }

 private:
  friend promise_type;
  explicit generator(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}

  std::coroutine_handle<promise_type> handle_;
};

template <class T>
generator<T> detail::generator_promise<T>::get_return_object() noexcept {
  return generator<T>(std::coroutine_handle<generator_promise>::from_promise(*this));
}

}  // namespace troupe
