#pragma once

#include <cstdint>

namespace troupe::detail {

/// Whose plugin it is.
enum class plugin_place : std::uint8_t { worker, scheduler, nanny };

}  // namespace troupe::detail
