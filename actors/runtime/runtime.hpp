#pragma once

#include <troupe/actors/runtime/actor.hpp>
#include <troupe/actors/runtime/event_loop.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace troupe {

/// How a runtime is set up.
class runtime_options {
 public:
  /// Loops, each with a thread of its own; at least one.
  runtime_options& loops(std::size_t count) {
    loops_ = count;
    return *this;
  }
  /// How long a loop with nothing to do looks for work before its thread sleeps. Zero unless said otherwise: it pays
  /// only where each thread has a core to itself; with fewer cores, threads that look keep those from running that have
  /// work.
  runtime_options& spin(duration time) {
    spin_ = time;
    return *this;
  }
  /// How long close waits for an actor that traps exits before it is killed: asked to stop in a way it cannot trap.
  runtime_options& patience(duration time) {
    patience_ = time;
    return *this;
  }
  [[nodiscard]] std::size_t loops() const noexcept { return loops_; }
  [[nodiscard]] duration patience() const noexcept { return patience_; }
  [[nodiscard]] duration spin() const noexcept { return spin_; }

 private:
  std::size_t loops_ = 1;
  duration spin_{};
  duration patience_ = std::chrono::seconds(10);
};

/// The loops of a process and their threads. Nothing of it is global: a program may have several.
///
/// - The constructor returns when the loops run; throws error for zero loops.
/// - close, or the destructor, is orderly: the functions given to on_close run, last first; actors are asked to stop,
///   the last started first, each waited for before the next is asked; the threads end. After that no actor, handler or
///   thread is left; references stay usable and answer actor_gone.
/// - Threads: all functions from any thread; close and the destructor not from one of its loops (would_deadlock).
class runtime {
 public:
  explicit runtime(runtime_options const& options = {});
  ~runtime();
  runtime(runtime const&) = delete;
  runtime& operator=(runtime const&) = delete;

  [[nodiscard]] std::size_t loops() const noexcept;
  /// Throws error where there is no such loop.
  [[nodiscard]] event_loop& loop(std::size_t index = 0) const;

  /// Called once, on the closing thread, before any actor is asked to stop; may block. False, and not kept, when the
  /// runtime is closing already.
  bool on_close(std::function<void()> f);

  /// A second call waits for the first and does nothing more.
  void close();
  [[nodiscard]] bool closed() const noexcept;

  /// Actors that have not ended, and their handler coroutines that have not ended.
  [[nodiscard]] std::size_t live_actors() const noexcept;
  [[nodiscard]] std::size_t live_handlers() const noexcept;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace troupe
