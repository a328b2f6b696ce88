#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace troupe::detail {

/// Keeps things under numbers that are never given twice and never 0. Constant time, no allocation once it has grown.
template <class T>
class numbered {
 public:
  [[nodiscard]] std::uint64_t put(T thing) {
    if (free_.empty()) {
      free_.push_back(std::uint32_t(slots_.size()));
      slots_.emplace_back();
    }
    auto index = free_.back();
    free_.pop_back();
    auto& s = slots_[index];
    s.thing = std::move(thing);
    return std::uint64_t(++s.generation) << 32 | index;
  }
  /// Null when nothing is kept under this number (any more).
  [[nodiscard]] T* find(std::uint64_t number) noexcept {
    auto index = std::uint32_t(number);
    return index < slots_.size() && slots_[index].generation == number >> 32 ? &slots_[index].thing : nullptr;
  }
  /// Forgets it; nothing happens when it is not kept.
  void drop(std::uint64_t number) {
    if (T* thing = find(number)) {
      *thing = T();
      // An odd step keeps the old number from being found until the slot is given again.
      ++slots_[std::uint32_t(number)].generation;
      free_.push_back(std::uint32_t(number));
    }
  }
  [[nodiscard]] std::size_t size() const noexcept { return slots_.size() - free_.size(); }

 private:
  struct slot {
    T thing{};
    std::uint32_t generation = 0;
  };
  std::vector<slot> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace troupe::detail
