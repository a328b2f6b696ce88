#pragma once

#include <troupe/actors/client/actor_reference.hpp>
#include <troupe/actors/functions/actor_method.hpp>
#include <troupe/actors/functions/typed_call.hpp>
#include <troupe/futures/future.hpp>
#include <troupe/futures/named_future.hpp>

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

namespace troupe {

/// A handle on an object of class T that lives on a worker: made by client::create_actor. Cheap to copy; any thread.
///
///     troupe::remote_actor<counter> handle = co_await created;
///     auto sum = handle.call<&counter::add>(5);
///
/// - Order: calls through copies of one handle, made one after the other, run in that order; those of different clients
///   and tasks interleave. An actor runs one call at a time: a method that returns `task<R>` is finished before the
///   next begins. T needs no locks.
/// - Where: on a thread of the worker's pool, among its tasks; T's constructor and destructor, too. A method may take
///   contexts first, as a task's function may; what it submits is nobody's child.
/// - Success: the future gets the method's result. Arguments convert and travel as those of tasks do; no futures.
/// - Failure: a method that throws fails its own call, with task_error; the actor goes on. actor_gone: the actor was
///   stopped, or its worker was lost and it may not be restarted. A call that was under way when its worker was lost
///   fails with actor_gone, too: nobody knows whether it ran. It is not made again; later calls reach the actor that
///   was restarted (actor_options::restarts). A worker that leaves in order ends what runs first.
/// - Cancellation: `cancel()` takes back a call that has not begun, and asks a running one to stop (task_context,
///   coroutines). Dropping the future takes nothing back: a call may be made for its effect alone.
/// - Lifetime: the actor lives as long as somebody has a handle, a call or a task with one among its arguments is under
///   way, an answer with one in it may still be read, or a result with one in it is stored, or an item of a queue, the
///   value of a variable, or a message that a subscriber has not taken. Handles travel in all of these, also inside of
///   other values, and are kept by other actors and by what those save in snapshots. A type with an `nbytes` of its own
///   and handles in it adds the nbytes of those.
/// - A thread or coroutine that waits in a method for a call of the same actor waits for ever.
template <class T>
class remote_actor {
 public:
  using actor_type = T;

  /// Of no actor.
  remote_actor() noexcept = default;
  explicit remote_actor(detail::actor_reference const& reference) noexcept : reference_(reference) {}
  /// As it lies in its own future: see actor_reference.
  explicit remote_actor(detail::state_base& inside) noexcept : reference_(inside) {}

  template <auto Method, class... Args>
  [[nodiscard]] auto call(Args&&... arguments) const {
    using signature = detail::without_object<std::remove_const_t<decltype(Method)>>;
    using value = typename signature::value;
    using result = detail::submit_result_t<value, Args...>;
    if constexpr (detail::check_method<T, Method, Args...>()) {
      using method = detail::actor_method<T, Method, typename signature::parameters>;
      return result(detail::future_access::make<value>(
          reference_.call(detail::bind_call(method{}, std::forward<Args>(arguments)...))));
    } else {
      return result();
    }
  }

  /// Ends the actor after the calls made before: done when its object is destroyed. Calls made later, by anybody, fail
  /// with actor_gone; so do those of others that wait.
  [[nodiscard]] future<void> stop() const { return reference_.stop(); }

  [[nodiscard]] bool valid() const noexcept { return reference_.valid(); }
  /// What it is called: by actor_options::name, else by its class and a number.
  [[nodiscard]] std::string key() const { return reference_.key(); }

  friend void encode(encoder& out, remote_actor const& handle) { handle.reference_.write(out); }
  friend remote_actor decode(decoder& in, std::type_identity<remote_actor>) {
    return remote_actor(detail::actor_reference::read(in));
  }

 private:
  detail::actor_reference reference_;
};

namespace detail {

/// The value of a future of a handle.
template <class T>
[[nodiscard]] value_ptr handle_inside(state_base& future) {
  return value_ptr(new value_box<remote_actor<T>>(std::in_place, future));
}

}  // namespace detail
}  // namespace troupe
