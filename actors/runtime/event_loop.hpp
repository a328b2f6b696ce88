#pragma once

// How to
//   1. start an actor on loop 0:            troupe::runtime rt;  auto ref = rt.loop(0).spawn<counter>(10);
//   2. send it a move-only batch, any thread: ref.send(std::move(batch));          // counter has on(batch_type)
//   3. run a step on the loop, any thread:  rt.loop(0).post(item);                 // item is a detail::work
// Actors themselves: see actor.hpp. Answers: ref.ask(message) gives a future.

#include <troupe/actors/runtime/actor_core.hpp>
#include <troupe/actors/runtime/actor_ref.hpp>

#include <cstddef>
#include <memory>
#include <tuple>
#include <typeinfo>
#include <utility>

namespace troupe {

/// A thread that runs actors, timers and sockets by turns. It is an executor whose steps are posted from any thread:
/// they go through one inbox, and its thread is woken only when it sleeps.
///
/// - Threads: every function from any thread. Actors of a loop never move to another. Its steps run one at a time, but
///   while the loop sleeps another thread may act for it (post_now): "the loop's thread" is whoever has its turn, so an
///   actor must not keep things that belong to one thread of the system.
/// - Nothing that blocks may run here: blocking calls throw would_deadlock.
/// - Ownership: made and closed by a runtime or a simulated_loop; the memory lives as long as a reference to one of its
///   actors does. Once closed, spawn gives a reference to an actor that is gone already, and what is posted runs on the
///   posting thread: nothing waits for ever.
class event_loop : public executor, public detail::ref_counted {
 public:
  /// Starts an actor: its constructor runs on the loop with copies of `args`. The reference can be used at once. A
  /// constructor that throws ends the actor with that failure: asks fail with actor_gone that names it, monitors and
  /// `started()` hear of it.
  template <class A, class... Args>
  actor_ref<A> spawn(Args&&... args) {
    static_assert(std::is_base_of_v<actor, A>, "an actor derives from troupe::actor");
    static_assert(std::is_constructible_v<A, std::decay_t<Args>&&...>,
                  "no constructor of this actor takes these arguments (they are passed on as rvalues)");
    return actor_ref<A>(start(detail::actor_type_of<A>(), detail::make_birth<A>(std::forward<Args>(args)...)));
  }

  /// True for who has this loop's turn: its own thread, or one that acts for it.
  [[nodiscard]] bool here() const noexcept { return detail::current_loop == this; }

  /// As post; but where the loop sleeps and has nothing to do, the calling thread acts for it: runs the item and what
  /// comes of it here and now. For a caller that has nothing better to do than to wait for what comes of it, and that
  /// holds nothing which the loop's actors might need. Never blocks.
  virtual void post_now(detail::work& item) noexcept { post(item); }

  /// Position in its runtime, from 0.
  [[nodiscard]] virtual std::size_t index() const noexcept = 0;

  [[nodiscard]] bool may_block() const noexcept final { return false; }

 protected:
  friend detail::actor_core;
  [[nodiscard]] virtual detail::intrusive_ptr<detail::actor_core> start(detail::actor_type const& type,
                                                                        std::unique_ptr<detail::birth> birth) = 0;
};

}  // namespace troupe
