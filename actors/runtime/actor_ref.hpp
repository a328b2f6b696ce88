#pragma once

#include <troupe/actors/runtime/actor_core.hpp>
#include <troupe/actors/runtime/exit_reason.hpp>
#include <troupe/actors/runtime/message.hpp>
#include <troupe/futures/future.hpp>

#include <concepts>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace troupe {

/// How long an ask may take.
class ask_options {
 public:
  /// When it comes, the future ends with cancelled_error("deadline") and the handler is asked to stop.
  ask_options& deadline(time_point when) {
    deadline_ = when;
    return *this;
  }
  [[nodiscard]] time_point deadline() const noexcept { return deadline_; }

 private:
  time_point deadline_ = time_point::max();
};

/// Refers to an actor of whatever type. Cheap to copy; usable from any thread, for as long as one likes: an actor that
/// is gone ignores what it is sent. References do not keep an actor running.
class actor_handle {
 public:
  actor_handle() = default;

  [[nodiscard]] bool valid() const noexcept { return bool(core_); }
  explicit operator bool() const noexcept { return valid(); }

  [[nodiscard]] actor_id id() const noexcept { return core_ ? core_->id() : actor_id{}; }
  /// Type and number: "counter#3".
  [[nodiscard]] std::string name() const { return core_ ? core_->name() : "no actor"; }

  /// Asks it to stop, as the runtime does when it closes: an actor that traps exits gets exit_msg and decides itself.
  void stop(exit_reason reason = exit_reason::shutdown()) const;
  /// Tells it to stop: cannot be trapped. Its running handlers are asked to stop and waited for.
  void kill() const;

  /// Done once its constructor has returned; fails with what that threw.
  [[nodiscard]] future<void> started() const;
  /// Done once it has ended: its handlers too, its object destroyed.
  [[nodiscard]] future<exit_reason> ended() const;

  friend bool operator==(actor_handle const& a, actor_handle const& b) noexcept { return a.core_ == b.core_; }

 protected:
  friend detail::handle_access;
  explicit actor_handle(detail::intrusive_ptr<detail::actor_core> core) noexcept : core_(std::move(core)) {}
  [[nodiscard]] detail::actor_core& core(char const* operation) const {
    if (!core_) detail::throw_empty_reference(operation);
    return *core_;
  }

  detail::intrusive_ptr<detail::actor_core> core_;
};

/// Refers to an actor of type A, whose messages are the types its `on` takes.
///
/// Order: what one thread sends to one actor arrives in that order. An empty reference throws error.
template <class A>
class actor_ref : public actor_handle {
 public:
  actor_ref() = default;
  /// A reference to an actor of a derived type.
  template <std::derived_from<A> B>
  actor_ref(actor_ref<B> const& other) noexcept : actor_handle(other) {}

  /// Never blocks, never fails: an actor that is gone drops it. An exception out of the handler ends the actor.
  /// Cost: one pooled allocation; from the loop's own thread the message goes straight to the actor.
  template <class M>
  void send(M&& message) const {
    using message_type = std::decay_t<M>;
    static_assert(detail::handles<A, message_type>, "this actor has no on() for a message of this type");
    detail::actor_core& to = core("send");
    to.deliver(*new detail::sent<A, message_type>(std::forward<M>(message)));
  }

  /// As send, where the sender waits for the consequences: see event_loop::post_now.
  template <class M>
  void send_now(M&& message) const {
    using message_type = std::decay_t<M>;
    static_assert(detail::handles<A, message_type>, "this actor has no on() for a message of this type");
    detail::actor_core& to = core("send_now");
    to.deliver_now(*new detail::sent<A, message_type>(std::forward<M>(message)));
  }

  /// The handler's result.
  ///
  /// - Failure: what the handler throws (the actor goes on); actor_gone when the actor is gone, or ends before it
  ///   answered, with its reason in the text.
  /// - Cancellation: cancelling the future, or dropping its last copy, asks the handler to stop; a message that
  ///   still waits for its turn is then not handled. A deadline does the same with the reason "deadline".
  /// - Executor: whoever awaits resumes on its own.
  /// - Cost: one allocation; a second one for the stop source where the handler is a coroutine.
  template <class M>
  [[nodiscard]] auto ask(M&& message, ask_options options = {}) const {
    using message_type = std::decay_t<M>;
    static_assert(detail::handles<A, message_type>, "this actor has no on() for a message of this type");
    detail::actor_core& to = core("ask");
    using asked = detail::asked<A, message_type>;
    auto state = detail::make_intrusive<asked>(std::forward<M>(message), options.deadline());
    auto answer =
        detail::future_access::make<typename asked::result_type>(detail::intrusive_ptr<detail::state_base>(state));
    to.deliver(*state.detach());
    return answer;
  }
  template <class M>
  [[nodiscard]] auto ask(M&& message, time_point deadline) const {
    return ask(std::forward<M>(message), ask_options().deadline(deadline));
  }

 private:
  friend event_loop;
  friend detail::handle_access;
  explicit actor_ref(detail::intrusive_ptr<detail::actor_core> core) noexcept : actor_handle(std::move(core)) {}
};

namespace detail {

/// The door for the rest of the library.
struct handle_access {
  [[nodiscard]] static actor_handle untyped(intrusive_ptr<actor_core> core) noexcept {
    return actor_handle(std::move(core));
  }
  template <class A>
  [[nodiscard]] static actor_ref<A> typed(intrusive_ptr<actor_core> core) noexcept {
    return actor_ref<A>(std::move(core));
  }
  [[nodiscard]] static intrusive_ptr<actor_core> const& core(actor_handle const& handle) noexcept {
    return handle.core_;
  }
};

}  // namespace detail
}  // namespace troupe
