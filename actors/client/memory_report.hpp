#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace troupe {

/// What a worker's memory is used for, in bytes, at one moment.
struct worker_memory_use {
  std::string worker;
  /// Results in memory, by their own count, and the most that there was at one time.
  std::uint64_t managed = 0;
  std::uint64_t most_managed = 0;
  /// Results that lie in files instead.
  std::uint64_t spilled = 0;
  /// Resident memory of its process. Workers that are threads of one process have it in common.
  std::uint64_t process = 0;
  /// 0: none.
  std::uint64_t limit = 0;

  friend bool operator==(worker_memory_use const&, worker_memory_use const&) = default;
};

/// What client::memory_report gives: the workers by name.
struct memory_report {
  std::vector<worker_memory_use> workers;
};

/// A table: a line for each worker.
[[nodiscard]] std::string to_string(memory_report const& report);
std::ostream& operator<<(std::ostream& out, memory_report const& report);

}  // namespace troupe
