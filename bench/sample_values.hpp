#pragma once

#include <troupe/net/buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace troupe::bench {

/// Values that are moved: doubles that no compression makes smaller, the first of which is `seed`. Making one touches
/// all of it, checking one touches little.
void fill(std::span<double> values, std::uint64_t seed);
[[nodiscard]] buffer make_buffer(std::size_t bytes, std::uint64_t seed);
[[nodiscard]] std::vector<double> make_vector(std::size_t bytes, std::uint64_t seed);

/// A number that depends on a value at the begin, the end and each 64 KiB between.
[[nodiscard]] double check_sum(std::span<double const> values);

/// Arguments of tasks: 0, 1, 2, …
[[nodiscard]] std::vector<std::int64_t> first_numbers(std::size_t count);

}  // namespace troupe::bench
