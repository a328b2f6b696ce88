#include <troupe/actors/cluster/command/troupe_command.hpp>
#include <troupe/actors/cluster/config/values.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

namespace troupe::detail {
namespace {

constexpr std::size_t columns = 6;
using row = std::array<std::string, columns>;

row row_of(worker_status const& w) {
  return {w.name,
          w.address,
          std::to_string(w.threads),
          size_text(w.stored_bytes),
          size_text(w.process_memory),
          w.memory_limit == 0 ? "none" : size_text(w.memory_limit)};
}

std::string table(std::vector<worker_status> const& workers) {
  std::vector<row> rows{{"worker", "address", "threads", "results", "memory", "limit"}};
  for (auto const& w : workers) rows.push_back(row_of(w));
  std::array<std::size_t, columns> width{};
  for (auto const& r : rows)
    for (std::size_t i = 0; i < columns; ++i) width[i] = std::max(width[i], r[i].size());
  std::string text;
  for (auto const& [name, address, threads, stored, used, limit] : rows)
    text += fmt::format("{:<{}}  {:<{}}  {:>{}}  {:>{}}  {:>{}}  {:>{}}\n", name, width[0], address, width[1], threads,
                        width[2], stored, width[3], used, width[4], limit, width[5]);
  return text;
}

std::string counted(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

std::string describe(cluster_status const& status) {
  std::uint64_t threads = 0, stored = 0, used = 0, tasks = 0;
  for (auto const& w : status.workers) threads += w.threads, stored += w.stored_bytes, used += w.process_memory;
  std::string states;
  for (auto const& [state, count] : status.tasks) {
    tasks += count;
    if (count != 0) states += fmt::format("{}{} {}", states.empty() ? ": " : ", ", count, state);
  }
  auto text =
      fmt::format("{}, {}, {} of memory used, {} of results\n{}{}\n", counted(status.workers.size(), "worker"),
                  counted(threads, "thread"), size_text(used), size_text(stored), counted(tasks, "task"), states);
  if (!status.workers.empty()) text += '\n' + table(status.workers);
  return text;
}

}  // namespace troupe::detail
