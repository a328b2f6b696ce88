#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace troupe {

/// What `troupe status` shows of a worker. Sizes in bytes.
struct worker_status {
  std::string name;
  std::string address;
  std::uint32_t threads = 0;
  std::uint64_t memory_limit = 0;  ///< 0: none
  std::uint64_t stored_bytes = 0;  ///< results that it holds
  /// Resident memory of its process; 0 for a worker that shares its process with the scheduler.
  std::uint64_t process_memory = 0;
};

/// What a scheduler answers whoever asks for its state.
struct cluster_status {
  std::vector<worker_status> workers;
  /// How many tasks are in each state, by the state's name: `waiting`, `processing`, …; states without tasks may be
  /// left out.
  std::map<std::string, std::uint64_t> tasks;
};

}  // namespace troupe
