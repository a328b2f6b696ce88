#pragma once

#include <cstddef>

namespace troupe::bench {

/// Counts the calls of operator new of all threads while it lives. One at a time.
class allocation_count {
 public:
  allocation_count() noexcept;
  ~allocation_count();
  allocation_count(allocation_count const&) = delete;
  allocation_count& operator=(allocation_count const&) = delete;

  [[nodiscard]] std::size_t so_far() const noexcept;
};

}  // namespace troupe::bench
