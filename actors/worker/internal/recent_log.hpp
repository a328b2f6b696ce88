#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace troupe {
class worker_context;
}

namespace troupe::detail {

/// Lines of the log that a process keeps.
inline constexpr std::size_t kept_log_lines = 1000;

/// Keeps a line that was written in a task of this worker, "" outside of any. Any thread.
void keep_log_line(std::string_view worker, std::string line);

/// The last lines of the worker's process that were written in its tasks or in none, oldest first.
[[nodiscard]] std::vector<std::string> recent_log(worker_context& worker);

}  // namespace troupe::detail
