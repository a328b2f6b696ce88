#pragma once

#include <troupe/actors/scheduler/ids.hpp>

#include <cstdint>
#include <limits>
#include <vector>

namespace troupe::detail {

/// The references that one client has to tasks: indices from 0 on, each used by one task after another, which its
/// generation tells apart. An index whose generations are used up is not given out again.
class reference_numbers {
 public:
  /// Generations begin there, above 0.
  explicit reference_numbers(std::uint32_t first_generation = 1) noexcept : first_(first_generation) {}

  [[nodiscard]] client_ref take() {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(generations_.size()));
      generations_.push_back(first_ - 1);
    }
    auto index = free_.back();
    free_.pop_back();
    return {index, ++generations_[index]};
  }

  /// Of those with its index.
  [[nodiscard]] bool is_newest(client_ref ref) const { return generations_[ref.index] == ref.generation; }

  void give_back(client_ref ref) {
    if (ref.generation < std::numeric_limits<std::uint32_t>::max()) free_.push_back(ref.index);
  }

 private:
  std::uint32_t first_;
  std::vector<std::uint32_t> generations_;
  std::vector<std::uint32_t> free_;
};

}  // namespace troupe::detail
