#pragma once

#include <cstdint>

namespace troupe::detail {

/// How many processes the kernel killed for want of memory so far: in this process's cgroup, or on the machine where
/// it is in none that counts.
[[nodiscard]] std::uint64_t kernel_kills();

}  // namespace troupe::detail
