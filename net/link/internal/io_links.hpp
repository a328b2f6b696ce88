#pragma once

#include <troupe/futures/executor.hpp>
#include <troupe/net/io_turns.hpp>
#include <troupe/net/link/internal/resident.hpp>

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace troupe::detail {

/// The links of one io_context: runs their steps at the end of a turn, or on it, and their timers on it, and lets go of
/// them when it goes. For whoever has the turn; it does not make itself the current executor, since what links call
/// belongs to whoever runs the io_context.
class io_links final : public boost::asio::execution_context::service, private executor {
 public:
  static boost::asio::execution_context::id id;  // NOLINT(readability-identifier-naming): Asio's name

  explicit io_links(boost::asio::execution_context& owner);
  [[nodiscard]] static link_context& of(boost::asio::io_context& io);

 private:
  void shutdown() noexcept override;
  void post(work& item) noexcept override;
  void post_at(time_point when, timer& t) override;
  bool cancel(timer& t) noexcept override;

  /// At the end of the turn in which the first step was posted.
  class end_of_turn final : public work {
   public:
    explicit end_of_turn(io_links& links) noexcept : work(&run_it), links_(links) {}

   private:
    static void run_it(work& item) noexcept { static_cast<end_of_turn&>(item).links_.run_steps(); }
    io_links& links_;
  };

  void run_steps() noexcept;
  void run_timers() noexcept;
  void wait_for_timers();

  boost::asio::io_context& io_;
  io_turns& turns_;
  end_of_turn end_of_turn_{*this};
  work_list ready_;
  timer_queue timers_;
  boost::asio::steady_timer wakes_;
  /// When wakes_ is set for; the end of time when it is not.
  time_point wakes_at_ = time_point::max();
  link_context context_;
};

}  // namespace troupe::detail
