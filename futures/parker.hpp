#pragma once

#include <troupe/futures/clock.hpp>

#include <atomic>
#include <cstdint>

namespace troupe::detail {

/// Where one thread sleeps until another has something for it. A notification is remembered until the next wait, so
/// none is lost; several count as one.
class parker {
 public:
  /// Any thread. A system call only when the owner really sleeps.
  void notify() noexcept;

  /// The owner's thread only: returns after a notification or at `until`; first looks for up to `spin` whether one
  /// comes.
  void wait_until(time_point until, duration spin = {}) noexcept;

 private:
  static constexpr std::uint32_t idle = 0, notified = 1, asleep = 2;
  std::atomic<std::uint32_t> state_{idle};
};

/// A parker whose memory is never freed, only lent again: whoever has just handed over the owner's last piece of work
/// may still notify, though the owner is gone. A notification that comes late wakes the next borrower for nothing.
class lasting_parker {
 public:
  lasting_parker();
  ~lasting_parker();
  lasting_parker(lasting_parker const&) = delete;
  lasting_parker& operator=(lasting_parker const&) = delete;

  [[nodiscard]] parker& get() const noexcept { return *parker_; }

 private:
  parker* parker_;
};

}  // namespace troupe::detail
