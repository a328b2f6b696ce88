#pragma once

#include <troupe/futures/environment.hpp>

#include <coroutine>
#include <mutex>
#include <optional>
#include <stop_token>

namespace troupe::detail {

class wait_list;

/// A coroutine in a queue of those that wait for one event each. Whoever takes it out of the queue wakes it, once; a
/// stop request takes it out too. All but `wake` happens under the mutex that guards the queue.
class list_waiter {
 public:
  explicit list_waiter(std::mutex& guard) noexcept : guard_(guard) {}
  list_waiter(list_waiter const&) = delete;
  list_waiter& operator=(list_waiter const&) = delete;

  /// Makes the coroutine known, before the mutex is taken.
  void prepare(std::coroutine_handle<> handle, environment const* env);
  /// Under the mutex: false when a stop request came first.
  [[nodiscard]] bool enter(wait_list& list) noexcept;
  /// After it was taken out, without the mutex: its owner may be gone when this returns.
  void wake() noexcept { where_->post(resumption_); }
  /// In the resumed coroutine: no stop request touches this object any more.
  void leave() noexcept { on_stop_.reset(); }
  [[nodiscard]] bool stopped() const noexcept { return stopped_; }

 protected:
  ~list_waiter() = default;

 private:
  friend wait_list;
  struct on_stop {
    list_waiter* self;
    void operator()() const noexcept { self->stop(); }
  };
  void stop() noexcept;

  std::mutex& guard_;
  wait_list* list_ = nullptr;
  list_waiter* next_ = nullptr;
  list_waiter* previous_ = nullptr;
  bool entered_ = false;
  bool stopped_ = false;
  executor* where_ = nullptr;
  resumption resumption_;
  std::optional<std::stop_callback<on_stop>> on_stop_;
};

/// First in, first out; under its owner's mutex.
class wait_list {
 public:
  [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
  void push(list_waiter& w) noexcept;
  /// Null when nobody waits.
  [[nodiscard]] list_waiter* front() const noexcept { return first_; }
  void erase(list_waiter& w) noexcept;
  /// Takes out all, into an empty list of the caller's.
  void move_to(wait_list& other) noexcept;
  /// Wakes all, oldest first; for a list that nobody else knows.
  void wake_all() noexcept;

 private:
  list_waiter* first_ = nullptr;
  list_waiter* last_ = nullptr;
};

}  // namespace troupe::detail
