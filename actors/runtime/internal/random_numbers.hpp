#pragma once

#include <cstddef>
#include <cstdint>

namespace troupe::detail {

/// splitmix64 (Steele, Lea, Flood 2014): seeded, so that a run can be repeated.
class random_numbers {
 public:
  explicit random_numbers(std::uint64_t seed) noexcept : state_(seed) {}
  [[nodiscard]] std::uint64_t next() noexcept {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  [[nodiscard]] std::size_t below(std::size_t count) noexcept { return std::size_t(next() % count); }

 private:
  std::uint64_t state_;
};

}  // namespace troupe::detail
