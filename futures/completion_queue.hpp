#pragma once

#include <troupe/futures/environment.hpp>
#include <troupe/futures/shared_state.hpp>
#include <troupe/futures/spin_lock.hpp>

#include <coroutine>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>

namespace troupe::detail {

class completion_queue;
class completion_await;

/// One state in a completion_queue; derived classes hold the future that keeps the state.
class completion : public waiter {
 public:
  completion() = default;
  virtual ~completion() = default;

 private:
  friend completion_queue;
  void ready(state_base&) noexcept override;

  state_base* state_ = nullptr;
  completion_queue* queue_ = nullptr;
  completion* next_done_ = nullptr;
  completion* previous_ = nullptr;
  completion* next_ = nullptr;
};

/// States in the order in which they are done. Any thread completes; one thread at a time does all else. Owns its
/// items; when it goes it lets go of those that are still pending.
class completion_queue {
 public:
  completion_queue() = default;
  completion_queue(completion_queue const&) = delete;
  completion_queue& operator=(completion_queue const&) = delete;
  ~completion_queue();

  void add(state_base& state, std::unique_ptr<completion> item) noexcept;
  /// The next that is done; null when there is none.
  [[nodiscard]] std::unique_ptr<completion> pop() noexcept;
  [[nodiscard]] bool has_done() noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  void cancel_all(std::string_view reason) noexcept;

 private:
  friend completion;
  friend completion_await;

  void push(completion& item) noexcept;
  /// False when something is done already, or the consumer was stopped.
  [[nodiscard]] bool wait(completion_await& consumer) noexcept;
  void stop(completion_await& consumer) noexcept;

  spin_lock lock_;  // guards the done ones and the consumer
  completion_await* consumer_ = nullptr;
  completion* first_done_ = nullptr;
  completion* last_done_ = nullptr;

  completion* all_ = nullptr;
  std::size_t size_ = 0;
};

/// Waits until something in the queue is done; does not wait when the queue is empty.
class completion_await {
 public:
  explicit completion_await(completion_queue& queue) noexcept : queue_(queue) {}

  [[nodiscard]] bool await_ready() noexcept { return queue_.size() == 0 || queue_.has_done(); }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) {
    return suspend(handle, environment_of(handle));
  }

 protected:
  [[nodiscard]] completion_queue& queue() const noexcept { return queue_; }
  /// Throws cancelled_error("stopped") when the wait was stopped before anything was done.
  void finish();

 private:
  friend completion_queue;
  struct on_stop {
    completion_await* self;
    void operator()() const noexcept { self->queue_.stop(*self); }
  };

  bool suspend(std::coroutine_handle<> handle, environment const* env);
  void wake() noexcept { where_->post(resumption_); }

  completion_queue& queue_;
  executor* where_ = nullptr;
  resumption resumption_;
  bool stopped_ = false;
  std::optional<std::stop_callback<on_stop>> on_stop_;
};

}  // namespace troupe::detail
