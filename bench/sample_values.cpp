#include "sample_values.hpp"

#include <numeric>

namespace troupe::bench {

void fill(std::span<double> values, std::uint64_t seed) {
  std::uint64_t state = seed + 1;
  for (auto& value : values) {
    // Numerical Recipes' linear congruential generator; its upper bits are random enough not to be compressed.
    state = state * 6364136223846793005U + 1442695040888963407U;
    value = static_cast<double>(state >> 11);
  }
  values.front() = static_cast<double>(seed);
}

buffer make_buffer(std::size_t bytes, std::uint64_t seed) {
  buffer made(bytes);
  auto memory = made.writable();
  fill({reinterpret_cast<double*>(memory.data()), bytes / sizeof(double)}, seed);
  return made;
}

std::vector<double> make_vector(std::size_t bytes, std::uint64_t seed) {
  std::vector<double> made(bytes / sizeof(double));
  fill(made, seed);
  return made;
}

double check_sum(std::span<double const> values) {
  constexpr std::size_t step = (std::size_t{64} << 10) / sizeof(double);
  auto sum = values.back();
  for (std::size_t i = 0; i < values.size(); i += step) sum += values[i];
  return sum;
}

std::vector<std::int64_t> first_numbers(std::size_t count) {
  std::vector<std::int64_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

}  // namespace troupe::bench
