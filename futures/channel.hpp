#pragma once

#include <troupe/futures/wait_list.hpp>

#include <cassert>
#include <coroutine>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace troupe {

/// A bounded queue between coroutines: who sends into a full one waits, so a slow consumer slows its producers down.
/// Any number of producers and consumers, on any executors and threads. Values come out in the order in which they went
/// in, and who waits longest is served first. Capacity 0: a send waits until a consumer takes the value from its hands.
///
/// - Success: `co_await send(v)` returns when v is in; `co_await next()` gives the next value, and nothing once the
///   channel is closed and empty.
/// - Failure: sending into a closed channel throws channel_closed, also for those that wait when it is closed.
/// - Cancellation: a stop request ends a wait with cancelled_error("stopped"): what was not sent yet is not sent, and
///   no value is lost.
/// - Who waits resumes on its own executor.
/// - Cost: one short lock per operation; no allocation per value but the queue's own blocks.
///
/// The channel outlives all that wait in it.
template <class T>
class channel {
 public:
  explicit channel(std::size_t capacity) : capacity_(capacity) {}
  channel(channel const&) = delete;
  channel& operator=(channel const&) = delete;
  ~channel() { assert(senders_.empty() && receivers_.empty() && "a channel went while coroutines wait in it"); }

  class send_await;
  class receive_await;

  /// False, and `value` is untouched, when the channel is full or closed.
  [[nodiscard]] bool try_send(T const& value) { return try_put(value); }
  [[nodiscard]] bool try_send(T&& value) { return try_put(std::move(value)); }
  [[nodiscard]] send_await send(T value) { return send_await(*this, std::move(value)); }

  /// Nothing when no value is there.
  [[nodiscard]] std::optional<T> try_next() {
    std::optional<T> value;
    receive_into(value);
    return value;
  }
  [[nodiscard]] receive_await next() noexcept { return receive_await(*this); }

  /// No more values go in; those that are in still come out.
  void close() noexcept {
    detail::wait_list woken, refused;
    {
      std::scoped_lock lock(mutex_);
      closed_ = true;
      receivers_.move_to(woken);
      senders_.move_to(refused);
    }
    woken.wake_all();
    refused.wake_all();
  }
  [[nodiscard]] bool closed() const noexcept {
    std::scoped_lock lock(mutex_);
    return closed_;
  }

  /// Values that are in.
  [[nodiscard]] std::size_t size() const noexcept {
    std::scoped_lock lock(mutex_);
    return values_.size();
  }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  class send_await final : detail::list_waiter {
   public:
    send_await(channel& to, T value) : list_waiter(to.mutex_), channel_(to), value_(std::move(value)) {}

    [[nodiscard]] bool await_ready() {
      accepted_ = channel_.try_put(std::move(value_));
      return accepted_;
    }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> handle) {
      prepare(handle, detail::environment_of(handle));
      detail::list_waiter* receiver = nullptr;
      {
        std::scoped_lock lock(channel_.mutex_);
        accepted_ = channel_.put(std::move(value_), receiver);
        if (!accepted_ && !channel_.closed_) return enter(channel_.senders_);
      }
      if (receiver) receiver->wake();
      return false;
    }
    void await_resume() {
      leave();
      if (accepted_) return;
      if (stopped()) throw cancelled_error("stopped");
      throw channel_closed("the channel was closed before the value could be sent");
    }

   private:
    friend channel;
    channel& channel_;
    T value_;
    bool accepted_ = false;
  };

  class receive_await final : detail::list_waiter {
   public:
    explicit receive_await(channel& from) noexcept : list_waiter(from.mutex_), channel_(from) {}

    [[nodiscard]] bool await_ready() { return channel_.receive_into(value_); }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> handle) {
      prepare(handle, detail::environment_of(handle));
      detail::list_waiter* sender = nullptr;
      {
        std::scoped_lock lock(channel_.mutex_);
        channel_.take(value_, sender);
        if (!value_ && !channel_.closed_) return enter(channel_.receivers_);
      }
      if (sender) sender->wake();
      return false;
    }
    std::optional<T> await_resume() {
      leave();
      if (!value_ && stopped()) throw cancelled_error("stopped");
      return std::move(value_);
    }

   private:
    friend channel;
    channel& channel_;
    std::optional<T> value_;
  };

 private:
  // Under the mutex; who is to be woken after it is in the last argument.
  template <class U>
  bool put(U&& value, detail::list_waiter*& receiver) {
    if (closed_) return false;
    if (auto* first = receivers_.front()) {
      static_cast<receive_await*>(first)->value_.emplace(std::forward<U>(value));
      receivers_.erase(*first);
      receiver = first;
      return true;
    }
    if (values_.size() >= capacity_) return false;
    values_.push_back(std::forward<U>(value));
    return true;
  }
  void take(std::optional<T>& into, detail::list_waiter*& sender) {
    auto* first = static_cast<send_await*>(senders_.front());
    if (!values_.empty()) {
      if (first) values_.push_back(std::move(first->value_));
      into.emplace(std::move(values_.front()));
      values_.pop_front();
    } else if (first) {
      into.emplace(std::move(first->value_));
    }
    if (!first) return;
    first->accepted_ = true;
    senders_.erase(*first);
    sender = first;
  }

  template <class U>
  bool try_put(U&& value) {
    detail::list_waiter* receiver = nullptr;
    bool accepted;
    {
      std::scoped_lock lock(mutex_);
      accepted = put(std::forward<U>(value), receiver);
    }
    if (receiver) receiver->wake();
    return accepted;
  }
  /// False when it would have to wait: nothing is there, and something may come.
  bool receive_into(std::optional<T>& into) {
    detail::list_waiter* sender = nullptr;
    bool closed;
    {
      std::scoped_lock lock(mutex_);
      take(into, sender);
      closed = closed_;
    }
    if (sender) sender->wake();
    return into || closed;
  }

  std::size_t const capacity_;
  mutable std::mutex mutex_;
  bool closed_ = false;
  std::deque<T> values_;
  detail::wait_list senders_, receivers_;
};

}  // namespace troupe
