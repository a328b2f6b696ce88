#pragma once

#include <troupe/futures/task.hpp>

#include <utility>

namespace troupe::detail {

/// A coroutine at the root of a chain of tasks: owns the environment that the chain inherits and frees itself at its
/// end. Whoever starts one counts it and waits for its last statement (scope, actor, worker): nothing is detached.
/// What its body throws ends the program: a body reports errors itself.
class root {
 public:
  class promise_type {
   public:
    [[nodiscard]] static void* operator new(std::size_t size) { return frame_allocate(size); }
    static void operator delete(void* frame, std::size_t size) noexcept { frame_free(frame, size); }

    root get_return_object() noexcept { return root(std::coroutine_handle<promise_type>::from_promise(*this)); }
    [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
    [[nodiscard]] std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }

    [[nodiscard]] environment const& env() const noexcept { return env_; }

   private:
    friend root;
    environment env_;
    resumption first_step_;
  };

  explicit root(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}

  /// Runs the coroutine up to its first suspension on the calling thread, which is one of `env.where`'s.
  void start_here(environment env) && noexcept {
    auto& promise = handle_.promise();
    promise.env_ = std::move(env);
    enter_environment here(&promise.env_);
    handle_.resume();
  }
  /// Posts the first step to `env.where`.
  void start(environment env) && noexcept {
    auto& promise = handle_.promise();
    promise.env_ = std::move(env);
    promise.first_step_.bind(handle_);
    promise.env_.where->post(promise.first_step_);
  }

 private:
  std::coroutine_handle<promise_type> handle_;
};

}  // namespace troupe::detail
