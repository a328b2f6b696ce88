#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace troupe::detail {

/// Who needs whom among n calls, which are numbers: call i needs `needs[first[i]]` up to, not including,
/// `needs[first[i + 1]]`, each of them once. `first` has n + 1 entries.
struct dependency_table {
  std::vector<std::uint32_t> first{0};
  std::vector<std::uint32_t> needs;

  [[nodiscard]] std::uint32_t size() const noexcept { return std::uint32_t(first.size() - 1); }
  [[nodiscard]] std::span<std::uint32_t const> of(std::uint32_t call) const noexcept {
    return std::span(needs).subspan(first[call], first[call + 1] - first[call]);
  }
};

/// The order in which one worker would run the calls so that few results are held at a time: depth first, with what
/// frees memory before everything else. Each call comes after what it needs. `kept`: calls whose results are held to
/// the end, because somebody asked for them.
///
/// It is the walk of a worker that wants one last call after the other, and for each what it needs, the part that takes
/// most room first (Sethi and Ullman's numbers, which are exact for trees). Whenever a call is ready that is the last
/// user of some result, it runs at once: what it makes takes the place of what it frees.
///
/// Depends on nothing but its arguments. Time and memory O(calls + needs), but for the sorting of the needs of each
/// call; no recursion. Throws error where the calls need each other in a circle.
[[nodiscard]] std::vector<std::uint32_t> static_order(dependency_table const& calls,
                                                      std::span<std::uint32_t const> kept = {});

}  // namespace troupe::detail
