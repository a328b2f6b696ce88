#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace troupe::detail {

/// No record of a pool.
inline constexpr std::uint32_t none = UINT32_MAX;

/// Records named by dense indices; addresses never change. A record that is given back keeps its contents and is the
/// next to be taken, so its memory is warm. Memory is not returned before the pool dies.
template <class T>
class record_pool {
 public:
  [[nodiscard]] std::uint32_t take() {
    ++in_use_;
    if (first_free_ != none) return std::exchange(first_free_, next_free(first_free_));
    if ((end_ & mask) == 0) chunks_.push_back(std::make_unique<chunk>());
    return end_++;
  }
  void give_back(std::uint32_t index) {
    --in_use_;
    next_free(index) = std::exchange(first_free_, index);
  }

  T& operator[](std::uint32_t index) noexcept { return chunks_[index >> bits]->records[index & mask]; }
  T const& operator[](std::uint32_t index) const noexcept { return chunks_[index >> bits]->records[index & mask]; }

  /// One past the largest index ever taken.
  [[nodiscard]] std::uint32_t end() const noexcept { return end_; }
  [[nodiscard]] std::size_t in_use() const noexcept { return in_use_; }

 private:
  static constexpr std::uint32_t bits = 9;
  static constexpr std::uint32_t mask = (1U << bits) - 1;

  /// What is free is linked in memory of its own, which is there from the beginning: giving back takes none.
  struct chunk {
    std::array<T, mask + 1> records{};
    std::array<std::uint32_t, mask + 1> next_free{};
  };
  [[nodiscard]] std::uint32_t& next_free(std::uint32_t index) noexcept {
    return chunks_[index >> bits]->next_free[index & mask];
  }

  std::vector<std::unique_ptr<chunk>> chunks_;
  std::uint32_t first_free_ = none;
  std::size_t in_use_ = 0;
  std::uint32_t end_ = 0;
};

}  // namespace troupe::detail
