#pragma once

#include <troupe/actors/runtime/internal/loop_base.hpp>
#include <troupe/futures/parker.hpp>
#include <troupe/net/io_turns.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>

namespace troupe::detail {

/// The loop of production: a thread that serves inbox, actors, timers and an io_context by turns. It sleeps in a futex
/// while nobody uses the io_context, so a cluster inside one process pays no system call of epoll; from the first call
/// of `io` on it sleeps in the io_context. While it sleeps the turn is free, and another thread may act for it.
class asio_loop final : public loop_base {
 public:
  asio_loop(intrusive_ptr<actor_registry> registry, std::size_t index, duration spin);
  ~asio_loop() override;

  [[nodiscard]] std::size_t index() const noexcept override { return index_; }
  void post_now(work& item) noexcept override;
  void push_turn(actor_core& core) noexcept override { ready_.push(turn_of(core)); }
  [[nodiscard]] std::size_t messages_per_turn() const noexcept override { return 64; }

  /// Returns when the loop serves.
  void start_thread();
  /// Not on a loop's thread: ends the loop when it has nothing left to do, and its thread.
  void join();

  /// Any thread. What runs on it runs on this loop's thread, with this loop as the current executor.
  [[nodiscard]] boost::asio::io_context& io() noexcept;

 private:
  class stop_step;

  void wake() noexcept override;
  void push_step(work& item) noexcept override { ready_.push(item); }

  void serve() noexcept;
  bool run_some() noexcept;
  [[nodiscard]] bool nothing_to_do() const noexcept { return ready_.empty() && inbox_empty(); }
  void act_for_it(work& item) noexcept;
  void look_at_sockets_by_turns();
  bool look_at_sockets();
  void sleep();
  void sleep_in_io();

  std::size_t index_;
  duration spin_;
  boost::asio::io_context io_{1};
  /// Whoever has the turn is the loop's thread to all the world.
  io_turns& turns_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> io_stays_;
  std::atomic<bool> uses_io_{false};
  std::atomic<bool> asleep_in_io_{false};
  parker parker_;
  work_list ready_;
  bool stopping_ = false;
  bool has_looked_ = false;  ///< at its sockets, since it last did without
  /// What the loop's thread waits for at most.
  time_point sleeps_until_{};
  bool shut_ = false;

  std::thread thread_;
  std::mutex started_mutex_;
  std::condition_variable started_;
  bool serves_ = false;
};

/// The io_context of a loop that has one; throws error for a simulated one. See asio_loop::io.
[[nodiscard]] boost::asio::io_context& io_of(event_loop& loop);

}  // namespace troupe::detail
