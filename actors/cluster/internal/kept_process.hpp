#pragma once

#include <troupe/actors/cluster/nanny/nanny_core.hpp>
#include <troupe/actors/cluster/process/child_process.hpp>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace troupe::detail {

/// A worker process of this one that is started again when it crashes or is killed: at once, or with a wait, or not any
/// more, as a nanny with these settings decides. No process stands between the two.
///
/// All functions from any thread; `told` and `over` run on threads of the process's own: at each of its ends, and once
/// it is over.
class kept_process {
 public:
  /// Command and environment of the next life. May block; throws error where there can be none.
  using prepare_life = std::function<child_options()>;

  /// Returns when the program runs; throws error where it cannot be started. What ends before `keep` is not started
  /// again before that.
  kept_process(std::string name, nanny_settings const& settings, prepare_life prepare, std::function<void()> told,
               std::function<void()> over);
  /// Kills what still runs.
  ~kept_process();
  kept_process(kept_process const&) = delete;
  kept_process& operator=(kept_process const&) = delete;

  void keep();
  /// Unless it is kept again it is not started again.
  void let_go();
  /// After let_go: blocks until it ends, and kills it after `patience`.
  void end_within(duration patience);

  /// To be called every monitor interval of the settings: kills it where it takes more memory than they allow.
  void measure();

  /// The cause; empty while it runs.
  [[nodiscard]] std::optional<exit_cause> ended() const;
  /// Whether it has ended and will not be started again.
  [[nodiscard]] bool over() const noexcept { return over_now_.load(); }

 private:
  enum class fate { open, kept, let_go };
  /// Under the mutex, as what follows, but while it is prepared; not where it was let go meanwhile.
  void start(std::unique_lock<std::mutex>& lock);
  void after_end(exit_cause const& cause);
  /// Whether it is over: it runs again, or never will.
  [[nodiscard]] bool carry_out(std::vector<nanny_action> actions, std::unique_lock<std::mutex>& lock);

  std::string const name_;
  prepare_life const prepare_;
  std::function<void()> const told_, over_;

  std::atomic<bool> over_now_ = false;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  fate fate_ = fate::open;
  nanny_core core_;
  /// The one before runs the end of its thread when it starts the next.
  std::unique_ptr<child_process> previous_, current_;
};

}  // namespace troupe::detail
