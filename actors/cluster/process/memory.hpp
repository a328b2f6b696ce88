#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace troupe::detail {

/// Bytes.
struct memory_use {
  std::uint64_t resident = 0;  ///< of the process
  /// Of its control group, where it is in one that has a limit or counts: the limit is the smallest up to the root.
  std::optional<std::uint64_t> group_limit, group_used;
};

/// Empty where there is no such process, or it has ended.
[[nodiscard]] std::optional<memory_use> process_memory(pid_t pid);

/// The resident bytes alone: what is asked for every few milliseconds.
[[nodiscard]] std::optional<std::uint64_t> resident_memory(pid_t pid);

/// What this process may use, in bytes: the machine's memory or the limit of its control group, whichever is less.
[[nodiscard]] std::uint64_t usable_memory();

/// The processors this process may use, at least one: those of the machine, of its affinity, and its control group's
/// share of time, rounded up, whichever is fewest.
[[nodiscard]] unsigned usable_cores();

}  // namespace troupe::detail
