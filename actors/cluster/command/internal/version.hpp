#pragma once

#include <string_view>

namespace troupe::detail {

/// Of the project, as its CMakeLists.txt says.
[[nodiscard]] std::string_view version() noexcept;

}  // namespace troupe::detail
