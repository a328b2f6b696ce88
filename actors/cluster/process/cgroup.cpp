#include <troupe/actors/cluster/process/internal/cgroup.hpp>
#include <troupe/actors/cluster/process/internal/kernel_kills.hpp>
#include <troupe/actors/cluster/process/internal/text_file.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <string>

namespace troupe::detail {
namespace {

namespace fs = std::filesystem;

// How version 1 says that there is no limit: the largest number of pages.
constexpr std::uint64_t no_limit = std::uint64_t{1} << 62;

/// A process's group in one hierarchy.
struct group {
  fs::path mount;
  fs::path inside;  ///< relative to the mount
  bool version_2 = true;

  [[nodiscard]] fs::path file(std::string_view name) const { return mount / inside / name; }
};

std::optional<std::uint64_t> number(std::optional<std::string> const& text) {
  if (!text) return std::nullopt;
  std::uint64_t value = 0;
  if (std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc()) return std::nullopt;
  return value;
}

bool lists(std::string_view controllers, std::string_view wanted) {
  while (!controllers.empty()) {
    auto comma = controllers.find(',');
    if (controllers.substr(0, comma) == wanted) return true;
    if (comma == std::string_view::npos) break;
    controllers.remove_prefix(comma + 1);
  }
  return false;
}

group located(fs::path mount, std::string_view path, bool version_2) {
  fs::path inside = fs::path(path).relative_path();
  std::error_code problem;
  if (!fs::is_directory(mount / inside, problem)) inside.clear();
  return {std::move(mount), std::move(inside), version_2};
}

std::optional<group> find_group(std::string_view membership, fs::path const& mount, std::string_view controller) {
  std::optional<group> unified;
  std::istringstream lines{std::string(membership)};
  for (std::string line; std::getline(lines, line);) {
    auto first = line.find(':');
    auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    auto controllers = std::string_view(line).substr(first + 1, second - first - 1);
    auto path = std::string_view(line).substr(second + 1);
    if (controllers.empty())
      unified = located(mount, path, true);
    else if (lists(controllers, controller))
      return located(mount / controller, path, false);
  }
  return unified;
}

template <class Read>
auto smallest_up_to_root(group at, Read read) -> decltype(read(at)) {
  auto smallest = read(at);
  while (!at.inside.empty()) {
    at.inside = at.inside.parent_path();
    if (auto here = read(at); here && (!smallest || *here < *smallest)) smallest = here;
  }
  return smallest;
}

std::optional<std::uint64_t> memory_limit(group const& g) {
  auto limit = number(read_text_file(g.file(g.version_2 ? "memory.max" : "memory.limit_in_bytes")));
  if (limit && *limit >= no_limit) return std::nullopt;
  return limit;
}

std::optional<std::uint64_t> kills(group const& g) {
  auto text = read_text_file(g.file(g.version_2 ? "memory.events" : "memory.oom_control"));
  if (!text) return std::nullopt;
  std::istringstream words(*text);
  std::string name;
  for (std::uint64_t count = 0; words >> name >> count;)
    if (name == "oom_kill") return count;
  return std::nullopt;
}

std::optional<double> cores(group const& g) {
  double quota = 0, period = 0;
  if (g.version_2) {
    std::istringstream words(read_text_file(g.file("cpu.max")).value_or(""));
    if (!(words >> quota >> period)) return std::nullopt;  // also for "max"
  } else {
    std::istringstream(read_text_file(g.file("cpu.cfs_quota_us")).value_or("")) >> quota;
    std::istringstream(read_text_file(g.file("cpu.cfs_period_us")).value_or("")) >> period;
  }
  if (quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

cgroup_facts facts_from(fs::path const& membership) {
  return read_cgroup(read_text_file(membership).value_or(""), "/sys/fs/cgroup");
}

std::optional<std::uint64_t> kills_on_machine() {
  std::istringstream words(read_text_file("/proc/vmstat").value_or(""));
  std::string name;
  for (std::uint64_t count = 0; words >> name >> count;)
    if (name == "oom_kill") return count;
  return std::nullopt;
}

}  // namespace

cgroup_facts read_cgroup(std::string_view membership, fs::path const& mount) {
  cgroup_facts facts;
  if (auto memory = find_group(membership, mount, "memory")) {
    facts.memory_limit = smallest_up_to_root(*memory, memory_limit);
    facts.memory_used =
        number(read_text_file(memory->file(memory->version_2 ? "memory.current" : "memory.usage_in_bytes")));
    facts.kernel_kills = kills(*memory);
  }
  if (auto cpu = find_group(membership, mount, "cpu")) facts.cores = smallest_up_to_root(*cpu, cores);
  return facts;
}

cgroup_facts cgroup_of_self() { return facts_from("/proc/self/cgroup"); }
cgroup_facts cgroup_of(int pid) { return facts_from(fmt::format("/proc/{}/cgroup", pid)); }

std::uint64_t kernel_kills() {
  if (auto memory = find_group(read_text_file("/proc/self/cgroup").value_or(""), "/sys/fs/cgroup", "memory"))
    if (auto count = kills(*memory)) return *count;
  return kills_on_machine().value_or(0);
}

}  // namespace troupe::detail
