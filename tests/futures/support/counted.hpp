#pragma once

#include <atomic>

namespace troupe::test {

/// Counts its live instances, to show that each is destroyed exactly once. A moved-from one counts as live.
class counted {
 public:
  explicit counted(int v = 0) noexcept : value(v) { ++live_; }
  counted(counted const& other) noexcept : value(other.value) { ++live_, ++copies_; }
  counted(counted&& other) noexcept : value(other.value) { ++live_; }
  counted& operator=(counted const&) = default;
  counted& operator=(counted&&) = default;
  ~counted() { --live_; }

  [[nodiscard]] static int live() noexcept { return live_; }
  /// For tests that show instances being destroyed more often than made.
  static void correct_by(int missing) noexcept { live_ += missing; }
  [[nodiscard]] static int copies() noexcept { return copies_; }

  int value;

 private:
  static inline std::atomic<int> live_{0}, copies_{0};
};

}  // namespace troupe::test
