#pragma once

#include "measure.hpp"
#include "process_costs.hpp"

namespace troupe::bench {

/// Seconds that `move` took; throws unless at least `bytes` went over the loopback interface meanwhile: a figure about
/// moving data must not find it where it is wanted.
template <class Move>
[[nodiscard]] double seconds_to_move(std::size_t bytes, Move move) {
  auto before = loopback_bytes();
  auto begin = std::chrono::steady_clock::now();
  move();
  auto seconds = seconds_since(begin);
  require(loopback_bytes() - before >= bytes, "the values were there already");
  return seconds;
}

}  // namespace troupe::bench
