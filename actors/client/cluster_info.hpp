#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace troupe {

struct worker_info {
  std::string name;
  std::uint32_t threads = 0;
  /// Bytes.
  std::uint64_t memory_limit = 0;
  /// Where other processes reach it; "" inside of one process.
  std::string address;
  /// What tasks may ask for: see task_options::resource.
  std::map<std::string, double> resources = {};
  /// Results that it holds, in bytes.
  std::uint64_t stored_bytes = 0;
  /// Resident memory of its process, in bytes, as of at most some seconds ago; 0 for a worker that shares its process
  /// with the scheduler.
  std::uint64_t process_memory = 0;
};

/// What a scheduler knows of its cluster at one moment.
struct cluster_info {
  std::vector<worker_info> workers;
  /// Tasks the scheduler keeps: unfinished ones and those whose results are wanted.
  std::uint64_t tasks = 0;
  /// Results on the workers, in bytes.
  std::uint64_t stored_bytes = 0;

  [[nodiscard]] std::uint32_t total_threads() const noexcept {
    std::uint32_t sum = 0;
    for (auto const& w : workers) sum += w.threads;
    return sum;
  }
  [[nodiscard]] std::uint64_t total_memory() const noexcept {
    std::uint64_t sum = 0;
    for (auto const& w : workers) sum += w.memory_limit;
    return sum;
  }
};

/// `2 workers, 4 threads, 23.4 GB`
[[nodiscard]] std::string to_string(cluster_info const& info);

}  // namespace troupe
