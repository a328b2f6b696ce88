#pragma once

#include <troupe/actors/scheduler/core.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace troupe::detail {

/// The latest transitions of all tasks: a ring, so that what is asked of it costs something and what is not asked does
/// not. Which task it was is told by its serial.
class event_log {
 public:
  explicit event_log(std::size_t capacity) : capacity_(capacity) {}

  void add(std::uint64_t serial, task_transition const& what) {
    if (capacity_ == 0) return;
    if (entries_.size() < capacity_) {
      entries_.push_back({serial, what});
      return;
    }
    entries_[next_] = {serial, what};
    if (++next_ == capacity_) next_ = 0;
  }
  /// In the order in which they happened.
  [[nodiscard]] std::vector<task_transition> of(std::uint64_t serial) const {
    std::vector<task_transition> found;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      auto const& e = entries_[(next_ + i) % entries_.size()];
      if (e.serial == serial) found.push_back(e.what);
    }
    return found;
  }

 private:
  struct entry {
    std::uint64_t serial;
    task_transition what;
  };
  std::size_t capacity_;
  std::size_t next_ = 0;
  std::vector<entry> entries_;
};

}  // namespace troupe::detail
