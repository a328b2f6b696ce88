#pragma once

#include <troupe/futures/errors.hpp>
#include <troupe/futures/executor.hpp>

#include <coroutine>
#include <stop_token>

namespace troupe::detail {

/// What a coroutine inherits from the one that awaits it: where it resumes and who may ask it to stop. Owned by the
/// root of the chain (a scope's child, an actor's handler, a worker's task), which outlives the whole chain.
struct environment {
  executor* where = nullptr;
  std::stop_token stop{};
  /// Of whoever started the chain: a worker's execution, for instance. See current_environment.
  void* owner = nullptr;
};

/// The environment of the coroutine that runs on the calling thread; null outside of one. Set when a coroutine is
/// resumed, so it holds between two suspensions.
[[nodiscard]] environment const* current_environment() noexcept;

/// Makes an environment current for a block.
class enter_environment {
 public:
  explicit enter_environment(environment const* env) noexcept;
  ~enter_environment();
  enter_environment(enter_environment const&) = delete;
  enter_environment& operator=(enter_environment const&) = delete;

 private:
  environment const* outer_;
};

/// In the middle of a step: the coroutine that runs from here on has another one.
void change_environment(environment const* env) noexcept;

template <class Promise>
concept carries_environment = requires(Promise& promise) {
  { promise.env() } -> std::convertible_to<environment const&>;
};

/// The environment of the coroutine that awaits; for coroutine types of others the current executor and no stop.
template <class Promise>
[[nodiscard]] environment const* environment_of(std::coroutine_handle<Promise> handle) noexcept {
  if constexpr (carries_environment<Promise>)
    return &handle.promise().env();
  else
    return nullptr;
}

/// Where a coroutine resumes that awaits with `env`. Throws troupe::error outside of any executor.
[[nodiscard]] executor& resumes_on(environment const* env);

/// A suspended coroutine as a step of an executor.
class resumption : public work {
 public:
  resumption() noexcept : work(&resume) {}
  void bind(std::coroutine_handle<> handle, environment const* env) noexcept {
    handle_ = handle;
    env_ = env;
  }
  template <class Promise>
  void bind(std::coroutine_handle<Promise> handle) noexcept {
    bind(handle, environment_of(handle));
  }

 private:
  static void resume(work& item) noexcept;
  std::coroutine_handle<> handle_;
  environment const* env_ = nullptr;
};

/// `co_await this_environment()` gives what the running coroutine inherited, without suspending.
class this_environment {
 public:
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
    requires carries_environment<Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) noexcept {
    env_ = &handle.promise().env();
    return false;
  }
  [[nodiscard]] environment const& await_resume() const noexcept { return *env_; }

 private:
  environment const* env_ = nullptr;
};

}  // namespace troupe::detail

namespace troupe {

/// `co_await this_task::stop_token()` gives the token through which the running task is asked to stop;
/// `co_await this_task::where()` the executor it resumes on. Neither suspends.
namespace this_task {

class stop_token_of {
 public:
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) noexcept {
    if (auto const* env = detail::environment_of(handle)) token_ = env->stop;
    return false;
  }
  [[nodiscard]] std::stop_token await_resume() noexcept { return std::move(token_); }

 private:
  std::stop_token token_;
};
[[nodiscard]] inline stop_token_of stop_token() noexcept { return {}; }

class executor_of {
 public:
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) noexcept {
    auto const* env = detail::environment_of(handle);
    where_ = env ? env->where : executor::current();
    return false;
  }
  [[nodiscard]] executor& await_resume() const noexcept { return *where_; }

 private:
  executor* where_ = nullptr;
};
[[nodiscard]] inline executor_of where() noexcept { return {}; }

}  // namespace this_task
}  // namespace troupe
