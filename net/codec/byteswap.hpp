#pragma once

#include <bit>

namespace troupe {

static_assert(std::endian::native == std::endian::little,
              "numbers on the wire are big-endian, runs of them little-endian");

namespace detail {

template <class Unsigned>
[[nodiscard]] constexpr Unsigned byteswap(Unsigned value) noexcept {
  if constexpr (sizeof value == 8)
    return __builtin_bswap64(value);
  else if constexpr (sizeof value == 4)
    return __builtin_bswap32(value);
  else if constexpr (sizeof value == 2)
    return __builtin_bswap16(value);
  else
    return value;
}

}  // namespace detail
}  // namespace troupe
