#include <troupe/actors/client/data.hpp>
#include <troupe/actors/worker/internal/memory_use.hpp>
#include <troupe/futures/format.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <utility>

namespace troupe {
namespace {

using answers = std::map<std::string, worker_memory_use>;

task<memory_report> collect(task<answers> asked) {
  auto found = co_await std::move(asked);
  memory_report report;
  for (auto& [worker, use] : found) report.workers.push_back(std::move(use));
  co_return report;
}

}  // namespace

task<memory_report> data_client::memory_report(worker_list const& which) const {
  return collect(run<&detail::use_of_memory>(which));
}

std::string to_string(memory_report const& report) {
  std::size_t width = 6;
  for (auto const& w : report.workers) width = std::max(width, w.worker.size());
  auto line = [width](auto const& name, auto const&... sizes) {
    return fmt::format("{:<{}}", name, width) + (fmt::format("  {:>8}", sizes) + ...);
  };
  auto text = line("worker", "managed", "spilled", "process", "limit");
  using detail::spelled_bytes;
  for (auto const& w : report.workers)
    text += '\n' + line(w.worker, spelled_bytes(w.managed), spelled_bytes(w.spilled), spelled_bytes(w.process),
                        w.limit ? spelled_bytes(w.limit) : std::string("none"));
  return text;
}

std::ostream& operator<<(std::ostream& out, memory_report const& report) { return out << to_string(report); }

}  // namespace troupe
