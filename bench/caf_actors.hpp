#pragma once

#include "measure.hpp"

#include <cstdint>

namespace troupe::bench {

/// Messages between two acknowledgements.
inline constexpr std::uint64_t message_window = 1'000;

/// The actor figures with CAF's actors on CAF's default scheduler; `threads` 0 is its default, one per core.
[[nodiscard]] sample run_caf_messages(std::uint64_t count, unsigned threads);
[[nodiscard]] sample run_caf_round_trips(std::uint64_t count, unsigned threads);

}  // namespace troupe::bench
