#pragma once

#include <troupe/actors/runtime/actor_core.hpp>
#include <troupe/actors/runtime/envelope.hpp>
#include <troupe/futures/frame_pool.hpp>
#include <troupe/futures/root.hpp>
#include <troupe/futures/shared_state.hpp>
#include <troupe/futures/task.hpp>

#include <atomic>
#include <concepts>
#include <memory>
#include <optional>
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace troupe::detail {

template <class A, class M>
concept handles = requires(A& a, M&& m) { a.on(std::move(m)); };

template <class R>
struct handler_result {
  using type = R;
  static constexpr bool coroutine = false;
};
template <class T>
struct handler_result<task<T>> {
  using type = T;
  static constexpr bool coroutine = true;
};
template <class A, class M>
using handler_of = handler_result<std::remove_cvref_t<decltype(std::declval<A&>().on(std::declval<M&&>()))>>;

/// Runs the coroutine of a handler that nobody waits for: a failure ends the actor. Keeps `message` until its end.
template <class R>
root run_sent(actor_core& core, [[maybe_unused]] std::unique_ptr<envelope> message, task<R> body) {
  running_handler running(core);
  try {
    static_cast<void>(co_await std::move(body));
  } catch (...) {
    running.failed(std::current_exception());
  }
}

/// A message that expects no answer.
template <class A, class M>
class sent final : public envelope, public pooled_object {
 public:
  template <class... Args>
  explicit sent(Args&&... args) : message_(std::forward<Args>(args)...) {}

  void handle(actor& self, actor_core& core) override {
    std::unique_ptr<envelope> owner(this);
    A& to = static_cast<A&>(self);
    if constexpr (handler_of<A, M>::coroutine)
      start(core, std::move(owner), to.on(std::move(message_)));
    else
      static_cast<void>(to.on(std::move(message_)));
  }
  void drop(actor_core&) noexcept override { delete this; }

 private:
  template <class R>
  static void start(actor_core& core, std::unique_ptr<envelope> message, task<R> body) {
    run_sent(core, std::move(message), std::move(body)).start_here({&core, core.stop_token()});
  }

  M message_;
};

/// A message and the future answer to it in one object: the state of the future owns the message.
template <class A, class M>
class asked final : public state_base, public ask_envelope, public pooled_object {
 public:
  using result_type = typename handler_of<A, M>::type;
  static constexpr bool coroutine = handler_of<A, M>::coroutine;

  template <class Message>
  asked(Message&& message, time_point deadline) : ask_envelope(deadline), message_(std::forward<Message>(message)) {
    if constexpr (coroutine) stop_ = std::stop_source();
  }

  void handle(actor& self, actor_core& core) override {
    auto owner = intrusive_ptr<asked>::adopt(this);
    if (this->done() || unwanted_.load(std::memory_order_acquire)) return refuse(core);
    A& to = static_cast<A&>(self);
    if constexpr (coroutine) {
      auto token = stop_.get_token();
      run(core, std::move(owner), to.on(std::move(message_))).start_here({&core, std::move(token)});
    } else {
      guard_deadline watched(*this, core);
      try {
        if constexpr (std::is_void_v<result_type>) {
          to.on(std::move(message_));
          complete();
        } else {
          complete(to.on(std::move(message_)));
        }
      } catch (...) {
        this->set_error(std::current_exception());
      }
    }
  }
  void drop(actor_core& core) noexcept override { intrusive_ptr<asked>::adopt(this)->refuse(core); }

  void cancel(std::string_view reason) noexcept override {
    this->set_cancelled(reason);
    stop_.request_stop();
  }

 private:
  /// Ends the watch over the deadline when the handler has ended.
  class guard_deadline {
   public:
    guard_deadline(asked& state, actor_core& core) noexcept : state_(state), core_(core) {}
    guard_deadline(guard_deadline const&) = delete;
    guard_deadline& operator=(guard_deadline const&) = delete;
    ~guard_deadline() { state_.forget_deadline(core_); }

   private:
    asked& state_;
    actor_core& core_;
  };

  static root run(actor_core& core, intrusive_ptr<asked> state, task<result_type> body) {
    running_handler running(core, &state->stop_);
    guard_deadline watched(*state, core);
    try {
      if constexpr (std::is_void_v<result_type>) {
        co_await std::move(body);
        state->complete();
      } else {
        state->complete(co_await std::move(body));
      }
    } catch (...) {
      state->fail(core, std::current_exception());
    }
  }

  template <class... Value>
  void complete(Value&&... value) {
    if (!this->claim()) return;
    try {
      this->set_location(&value_.emplace(std::forward<Value>(value)...));
    } catch (...) {
      return this->fail_claimed(std::current_exception());
    }
    this->publish(future_status::finished);
  }
  void fail(actor_core& core, std::exception_ptr error) noexcept {
    // A handler that ends because its actor stops has given no answer.
    bool by_actor = core.stopping() && is_cancellation(error);
    this->set_error(by_actor ? core.gone_error() : std::move(error));
  }
  void refuse(actor_core& core) noexcept {
    forget_deadline(core);
    this->set_error(core.gone_error());
  }
  void abandoned() noexcept override {
    unwanted_.store(true, std::memory_order_release);
    stop_.request_stop();
  }
  void deadline_passed() noexcept override { cancel("deadline"); }
  void hold() noexcept override { this->add_ref(); }
  void let_go() noexcept override { this->release(); }

  M message_;
  std::optional<stored_t<result_type>> value_;
  std::atomic<bool> unwanted_{false};
  std::stop_source stop_{std::nostopstate};
};

template <class A>
[[nodiscard]] actor_type const& actor_type_of() {
  static actor_type const type = [] {
    actor_type t{readable_type_name(typeid(A).name()), nullptr, nullptr};
    if constexpr (handles<A, down_msg>)
      t.make_down = [](down_msg m) -> envelope* { return new sent<A, down_msg>(std::move(m)); };
    if constexpr (handles<A, exit_msg>)
      t.make_exit = [](exit_msg m) -> envelope* { return new sent<A, exit_msg>(std::move(m)); };
    return t;
  }();
  return type;
}

template <class A, class... Args>
class birth_of final : public birth {
 public:
  template <class... Given>
  explicit birth_of(std::in_place_t, Given&&... args) : args_(std::forward<Given>(args)...) {}
  [[nodiscard]] std::unique_ptr<actor> make() override {
    return std::apply([](Args&... args) { return std::make_unique<A>(std::move(args)...); }, args_);
  }

 private:
  std::tuple<Args...> args_;
};

template <class A, class... Args>
[[nodiscard]] std::unique_ptr<birth> make_birth(Args&&... args) {
  return std::make_unique<birth_of<A, std::decay_t<Args>...>>(std::in_place, std::forward<Args>(args)...);
}

}  // namespace troupe::detail
