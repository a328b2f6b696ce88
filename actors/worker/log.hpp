#pragma once

#include <fmt/core.h>

#include <string_view>
#include <utility>

namespace troupe {

namespace detail {
void write_log(std::string_view text);
}

/// Writes one line to standard error: the time of day, then, inside a task, its key and its worker, then the text
/// (formatted as fmt does). Any thread; lines do not mix.
template <class... Args>
void log(fmt::format_string<Args...> format, Args&&... args) {
  detail::write_log(fmt::vformat(format, fmt::make_format_args(args...)));
}

}  // namespace troupe
