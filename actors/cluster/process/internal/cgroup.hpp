#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace troupe::detail {

/// What the control groups of a process allow and count; empty where nothing is limited or counted.
struct cgroup_facts {
  /// Bytes: the smallest limit from the process's group up to the root, and what its group uses.
  std::optional<std::uint64_t> memory_limit, memory_used;
  /// Processes of the group that the kernel killed for want of memory.
  std::optional<std::uint64_t> kernel_kills;
  /// Cores' worth of time: the smallest quota up to the root.
  std::optional<double> cores;
};

/// Reads version 2, and version 1 where that holds the controller. `membership` is the text of /proc/PID/cgroup,
/// `mount` where the groups are mounted. Where the group's path does not exist below `mount`, as in a container that
/// sees only its own group, the mount itself is the group.
[[nodiscard]] cgroup_facts read_cgroup(std::string_view membership, std::filesystem::path const& mount);

/// Of this process or another one.
[[nodiscard]] cgroup_facts cgroup_of_self();
[[nodiscard]] cgroup_facts cgroup_of(int pid);

}  // namespace troupe::detail
