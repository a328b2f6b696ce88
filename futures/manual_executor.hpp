#pragma once

#include <troupe/futures/executor.hpp>

#include <cstddef>
#include <mutex>

namespace troupe {

/// An executor for tests: runs nothing by itself and has a time of its own that moves only when told.
/// Posting is thread-safe; the other functions belong to the testing thread.
class manual_executor final : public executor {
 public:
  manual_executor() = default;

  void post(detail::work& item) noexcept override;
  void post_at(time_point when, detail::timer& t) override;
  bool cancel(detail::timer& t) noexcept override;
  [[nodiscard]] time_point now() const noexcept override;
  void drive(std::function<bool()> const& finished) override;

  /// Runs the oldest step; false when there is none.
  bool step();
  /// Runs steps until none is left; how many there were. Time stands still.
  std::size_t run();
  /// Moves time forward, running timers and steps in order as they become due; how many steps ran.
  std::size_t advance(duration by);
  /// Moves time to the next timer and runs; false when there is no timer.
  bool advance_to_next_timer();

  [[nodiscard]] std::size_t timers() const;
  [[nodiscard]] bool idle() const;

 private:
  mutable std::mutex mutex_;
  detail::work_list ready_;
  detail::timer_queue timers_;
  time_point now_{};
};

}  // namespace troupe
