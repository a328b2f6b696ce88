#include <troupe/actors/worker/internal/recent_log.hpp>
#include <troupe/actors/worker/task_context.hpp>

#include <deque>
#include <mutex>
#include <utility>

namespace troupe::detail {
namespace {

struct kept_lines {
  struct line {
    std::string worker;
    std::string text;
  };
  std::mutex mutex;
  std::deque<line> lines;

  static kept_lines& instance() {
    static auto* const kept = new kept_lines;  // threads may log while the program ends
    return *kept;
  }
};

}  // namespace

void keep_log_line(std::string_view worker, std::string line) {
  auto& kept = kept_lines::instance();
  std::scoped_lock lock(kept.mutex);
  if (kept.lines.size() == kept_log_lines) kept.lines.pop_front();
  kept.lines.push_back({std::string(worker), std::move(line)});
}

std::vector<std::string> recent_log(worker_context& worker) {
  auto& kept = kept_lines::instance();
  std::scoped_lock lock(kept.mutex);
  std::vector<std::string> lines;
  for (auto const& line : kept.lines)
    if (line.worker.empty() || line.worker == worker.name()) lines.push_back(line.text);
  return lines;
}

}  // namespace troupe::detail
