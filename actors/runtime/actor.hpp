#pragma once

#include <troupe/actors/runtime/actor_ref.hpp>
#include <troupe/actors/runtime/event_loop.hpp>
#include <troupe/actors/runtime/exit_reason.hpp>
#include <troupe/futures/task.hpp>

#include <atomic>
#include <concepts>
#include <cstddef>
#include <map>
#include <memory>
#include <stop_token>
#include <utility>

namespace troupe {

/// Base of users' actors: state that only its own handlers touch, one public `on(message)` per message type.
///
///     class counter : public troupe::actor {
///      public:
///       explicit counter(int start) : value_(start) {}
///       int on(get) { return value_; }                          // a plain handler
///       troupe::task<int> on(add m) {                           // a coroutine handler
///         co_await store_.ask(write{m.by});
///         co_return value_ += m.by;                             // re-read state after each co_await
///       }
///       …
///
/// - Handlers start in the order of arrival and run on the loop's thread. While a coroutine handler is suspended the
///   actor handles other messages; it resumes between them, never inside one.
/// - Success of a handler: its value goes to who asked. Failure: an exception goes to who asked; where nobody asked, it
///   ends the actor (`exit_reason::failed`). A cancelled_error after the actor was asked to stop is no failure.
/// - Stopping: the stop token of all running handlers is asked to stop, messages are refused (asks fail with
///   actor_gone), and when the last running handler has ended the object is destroyed, then links and monitors hear.
/// - A handler may take its message by value, `&&` or `const&`: the message lives as long as the handler.
/// - What blocks must not be called here: get() and the like throw would_deadlock.
///
/// All members: the loop's thread, from the actor's own code (constructor and destructor included).
class actor {
 public:
  actor(actor const&) = delete;
  actor& operator=(actor const&) = delete;
  virtual ~actor();

 protected:
  /// Only inside event_loop::spawn; throws error elsewhere.
  actor();

  [[nodiscard]] actor_handle self() const noexcept;
  /// `self(this)` is a reference of the actor's own type.
  template <std::derived_from<actor> A>
  [[nodiscard]] static actor_ref<A> self(A* me) noexcept {
    return detail::handle_access::typed<A>(static_cast<actor*>(me)->core_);
  }
  [[nodiscard]] event_loop& loop() const noexcept;
  /// The actor as an executor: its steps run between messages.
  [[nodiscard]] executor& where() const noexcept;
  [[nodiscard]] time_point now() const noexcept;
  [[nodiscard]] std::stop_token stop_token() const noexcept;

  /// Ends the actor; a coroutine handler that calls it goes on to its end.
  void quit(exit_reason reason = exit_reason::normal()) noexcept;

  /// Runs a coroutine as if a message had started it: counted, asked to stop with the actor, its failure the actor's.
  void start(task<void> body);

  /// When either ends other than normally, the other gets an exit signal: it ends too, unless it traps exits.
  void link(actor_handle const& other);
  /// Afterwards no exit signal of `other` is heard, not even one on its way.
  void unlink(actor_handle const& other);
  /// When `other` ends, or has ended already, on(down_msg) is called once per call of monitor.
  void monitor(actor_handle const& other);
  void demonitor(actor_handle const& other);
  /// Exit signals, but for kill, become calls of on(exit_msg). Off at first.
  void trap_exit(bool on) noexcept;

  /// Sends `message` to `to` after `wait`, on the loop's clock; dropped when this actor ends first. The number given
  /// back is for cancel_send.
  template <class A, class M>
  std::size_t send_after(duration wait, actor_ref<A> const& to, M&& message) {
    using message_type = std::decay_t<M>;
    static_assert(detail::handles<A, message_type>, "this actor has no on() for a message of this type");
    return core_->send_after(wait, detail::handle_access::core(to),
                             std::make_unique<detail::sent<A, message_type>>(std::forward<M>(message)));
  }
  /// `send_after(wait, this, message)`: to itself.
  template <std::derived_from<actor> A, class M>
  std::size_t send_after(duration wait, A* me, M&& message) {
    return send_after(wait, self(me), std::forward<M>(message));
  }
  /// False when it was sent already.
  bool cancel_send(std::size_t id) noexcept;

 private:
  using switch_off = std::shared_ptr<std::atomic<bool>>;

  detail::intrusive_ptr<detail::actor_core> core_;
  std::map<actor_id, switch_off> links_;
  std::multimap<actor_id, switch_off> monitors_;
};

}  // namespace troupe
