#pragma once

#include <troupe/actors/runtime/actor.hpp>
#include <troupe/actors/runtime/event_loop.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace troupe {

/// A loop for tests: no thread, a time of its own that moves only when told, and an order of events that a seed
/// chooses: whenever several actors have something to do, the seed says which of them goes first. The same seed gives
/// the same run. Messages between two actors, and steps posted from one thread, keep their order.
///
/// Everything but posting and sending belongs to the testing thread. The destructor closes it as a runtime is closed,
/// moving time forward where actors wait for it.
class simulated_loop {
 public:
  explicit simulated_loop(std::uint64_t seed = 0);
  ~simulated_loop();
  simulated_loop(simulated_loop const&) = delete;
  simulated_loop& operator=(simulated_loop const&) = delete;

  [[nodiscard]] event_loop& loop() const noexcept;
  template <class A, class... Args>
  actor_ref<A> spawn(Args&&... args) {
    return loop().spawn<A>(std::forward<Args>(args)...);
  }

  /// One step; false when there is none.
  bool step();
  /// Runs until nothing is left to do at this time; how many steps ran.
  std::size_t run();
  /// Moves time forward, running what becomes due on the way; how many steps ran.
  std::size_t advance(duration by);
  /// Moves time to the next timer and runs; false when there is none.
  bool advance_to_next_timer();

  [[nodiscard]] time_point now() const noexcept;
  /// A number that two runs share if they ran the same steps in the same order, and hardly ever else.
  [[nodiscard]] std::uint64_t fingerprint() const noexcept;

  /// Throws error, naming them, when actors wait for what never comes; they are still there then.
  void close();
  [[nodiscard]] std::size_t live_actors() const noexcept;
  [[nodiscard]] std::size_t live_handlers() const noexcept;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace troupe
