#pragma once

#include "child.hpp"
#include "measure.hpp"

#include <chrono>
#include <cstddef>

namespace troupe::bench {

/// The limit of a round trip through a scheduler: 64 bytes from this process over a relay to a worker, where the thread
/// that reads wakes a second one and is woken by it, and the same way back. Four hops over TCP, each end asleep in a
/// blocking read until its turn.
class raw_hops {
 public:
  raw_hops();

  /// p50 and p99 of that many calls in µs, `apart` from each other.
  [[nodiscard]] sample run(std::size_t calls, std::chrono::milliseconds apart);

 private:
  child relay_;
  std::string port_;
  child worker_;
  descriptor socket_;
};

}  // namespace troupe::bench
