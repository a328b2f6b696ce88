#pragma once

#include <troupe/actors/cluster/nanny/nanny_settings.hpp>
#include <troupe/actors/cluster/process/exit_cause.hpp>
#include <troupe/futures/clock.hpp>

#include <cstdint>
#include <random>
#include <string>
#include <variant>
#include <vector>

namespace troupe::detail {

// What a nanny is told.
struct nanny_begin {};
struct worker_started {};
struct worker_not_started {
  std::string reason;
};
struct worker_ended {
  exit_cause cause;
};
struct memory_measured {
  std::uint64_t resident = 0;  ///< bytes
};
/// Close in order; the second time, at once.
struct stop_asked {};
/// A deadline has come, or may have.
struct time_passed {};
using nanny_event = std::variant<nanny_begin, worker_started, worker_not_started, worker_ended, memory_measured,
                                 stop_asked, time_passed>;

// What it wants done.
struct start_worker {
  friend bool operator==(start_worker const&, start_worker const&) = default;
};
struct signal_worker {
  int signal = 0;
  friend bool operator==(signal_worker const&, signal_worker const&) = default;
};
struct note {
  std::string text;
  friend bool operator==(note const&, note const&) = default;
};
/// Nothing comes after it.
struct nanny_done {
  int status = 0;  ///< what the nanny's process is to exit with
  friend bool operator==(nanny_done const&, nanny_done const&) = default;
};
using nanny_action = std::variant<start_worker, signal_worker, note, nanny_done>;

/// Decides for one worker process: when to start it, end it, start it again, give up.
///
/// - A worker that ends with status 0 (closed), 2 (its command line is wrong), 3 (its scheduler was lost) or 5 (its
///   scheduler does not want it) is not started again; one that ends with 4 (it is to begin anew) is, at once; one that
///   crashes, is killed or ends otherwise is, with a wait.
/// - A worker whose lifetime is over is told so, to hand over what it holds; where it takes too long, to close.
/// - What does not fit the state it is in (an end reported twice, a measure that comes late) changes nothing.
/// - No clock, process or thread in it: events carry the time, equal events and seeds give equal actions.
class nanny_core {
 public:
  nanny_core(nanny_settings settings, std::uint64_t seed);

  [[nodiscard]] std::vector<nanny_action> handle(time_point now, nanny_event const& event);

  /// When `time_passed` is wanted; time_point::max() for never.
  [[nodiscard]] time_point deadline() const noexcept { return deadline_; }
  /// Whether `memory_measured` is wanted every `monitor_interval`.
  [[nodiscard]] bool measures() const noexcept;
  [[nodiscard]] bool done() const noexcept { return state_ == state::done; }

 private:
  enum class state {
    idle,
    starting,
    running,
    retiring,  ///< its lifetime is over
    closing,   ///< asked to end, or killed
    waiting,   ///< to start again
    done
  };
  enum class reason { stop, memory, lifetime };

  void on(time_point now, nanny_begin const&);
  void on(time_point now, worker_started const&);
  void on(time_point now, worker_not_started const& event);
  void on(time_point now, worker_ended const& event);
  void on(time_point, memory_measured const& event);
  void on(time_point now, stop_asked const&);
  void on(time_point now, time_passed const&);

  void start();
  void after_lifetime(exit_cause const& cause);
  void close(time_point now, reason why, duration patience);
  void after_stop(exit_cause const& cause);
  void after_failure(time_point now, std::string const& what, bool refused_to_start);
  void finish(int status);
  void say(std::string text) { actions_.emplace_back(note{std::move(text)}); }
  [[nodiscard]] duration next_wait();
  /// From 0 to 1.
  [[nodiscard]] double random() noexcept;

  nanny_settings const settings_;
  std::mt19937_64 random_;
  state state_ = state::idle;
  reason reason_ = reason::stop;
  bool stop_wanted_ = false;
  time_point deadline_ = time_point::max();
  time_point started_;
  std::uint32_t restarts_in_row_ = 0;
  std::uint32_t failed_starts_ = 0;
  std::vector<nanny_action> actions_;
};

}  // namespace troupe::detail
