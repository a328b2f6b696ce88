#pragma once

#include <troupe/actors/cluster/nanny/nanny_settings.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace troupe::detail {

class nanny_services;

/// A worker process to watch.
struct watched_worker {
  std::string name;  ///< in the log
  /// For each life, a number that counts up. A life begins when the one before has ended.
  std::function<std::vector<std::string>(std::uint64_t life)> command;
};

/// Starts the workers and looks after them until each has ended for good: restarts, memory, lifetimes as nanny_core
/// decides, each start through the plugins of `nanny`, on its thread. SIGINT and SIGTERM close them in order, a second
/// one at once, and the process with them where a plugin does not come to an end. No worker outlives the call.
///
/// Gives the exit status for the process: 0 where all closed, else that of the first worker that did not. What happens
/// is told to `log`, by default as troupe::log does. On the calling thread, before others start; blocks the signals
/// meanwhile. Throws error where the system refuses what this needs.
[[nodiscard]] int watch_workers(std::vector<watched_worker> const& workers, nanny_settings const& settings,
                                std::uint64_t seed, nanny_services& nanny,
                                std::function<void(std::string const&)> const& log = {});

}  // namespace troupe::detail
