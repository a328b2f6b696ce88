#pragma once

#include <troupe/net/link/compression.hpp>

#include <cstddef>
#include <cstdint>

namespace troupe::detail {

/// What every block of a compressed stream begins with, little-endian; `stored` bytes follow, which stand for `size`
/// bytes of the stream.
struct block_header {
  std::uint32_t codec = 0;
  std::uint32_t stored = 0;
  std::uint32_t size = 0;
};
static_assert(sizeof(block_header) == 12);

/// A compressed block stands for at most this much.
inline constexpr std::size_t largest_block = std::size_t{256} << 10;

}  // namespace troupe::detail
