#pragma once

#include <cstdint>
#include <vector>

namespace troupe::detail {

/// The entry of a table whose indices are dense, made where it is the first of its index.
template <class T>
[[nodiscard]] T& at_grown(std::vector<T>& entries, std::uint32_t index) {
  if (index >= entries.size()) entries.resize(index + 1);
  return entries[index];
}

}  // namespace troupe::detail
