#include <troupe/actors/worker/internal/execution.hpp>
#include <troupe/actors/worker/internal/recent_log.hpp>
#include <troupe/actors/worker/log.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>

namespace troupe::detail {

void write_log(std::string_view text) {
  auto now = std::chrono::system_clock::now();
  auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  auto line =
      fmt::format("{:%H:%M:%S}.{:03} ", fmt::localtime(std::chrono::system_clock::to_time_t(now)), milliseconds);
  auto const* task = execution::current();
  if (task) line += fmt::format("[{} {}] ", task->call().key(), task->services().name);
  line.append(text);
  keep_log_line(task ? std::string_view(task->services().name) : std::string_view(), line);
  line.push_back('\n');
  // One write: the C library's stream locks for a call.
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace troupe::detail
