#include <troupe/actors/cluster/process/internal/cgroup.hpp>
#include <troupe/actors/cluster/process/internal/text_file.hpp>
#include <troupe/actors/cluster/process/memory.hpp>

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <thread>

namespace troupe::detail {
namespace {

std::uint64_t page_size() { return static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)); }

}  // namespace

std::optional<std::uint64_t> resident_memory(pid_t pid) {
  auto text = read_text_file(fmt::format("/proc/{}/statm", pid));
  if (!text) return std::nullopt;
  std::istringstream words(*text);
  std::uint64_t size = 0, resident = 0;
  // A process that ended and was not waited for yet has no memory left.
  if (!(words >> size >> resident) || size == 0) return std::nullopt;
  return resident * page_size();
}

std::optional<memory_use> process_memory(pid_t pid) {
  auto resident = resident_memory(pid);
  if (!resident) return std::nullopt;
  auto group = cgroup_of(pid);
  return memory_use{*resident, group.memory_limit, group.memory_used};
}

std::uint64_t usable_memory() {
  auto machine = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * page_size();
  return std::min(machine, cgroup_of_self().memory_limit.value_or(machine));
}

unsigned usable_cores() {
  unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0)
    cores = std::min(cores, static_cast<unsigned>(CPU_COUNT(&allowed)));
  if (auto quota = cgroup_of_self().cores)
    cores = std::min(cores, std::max(1U, static_cast<unsigned>(std::ceil(*quota))));
  return cores;
}

}  // namespace troupe::detail
