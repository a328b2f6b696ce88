#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe {

/// How a scheduler is served to other processes.
struct scheduler_server_options {
  /// Where it listens: `tcp://host:port`; port 0 takes a free one.
  std::string listen = "tcp://0.0.0.0:8786";
  /// Where it is reached, when that differs; "" for where it listens.
  std::string contact;
  /// A file that gets the address, for workers and clients that share a file system; "" for none.
  std::string scheduler_file;
  /// Workers that may be lost while they run a task before the task fails.
  std::uint32_t allowed_failures = 3;
  /// Of links to other machines: `auto`, `lz4`, `zstd` or `none`.
  std::string compression = "auto";
  /// Libraries of tasks to load before it starts: client.run_on_scheduler runs what they have.
  std::vector<std::string> load;
};

/// How a worker process serves a scheduler.
struct worker_server_options {
  std::string scheduler;
  /// "" for one made of the host and the process.
  std::string name;
  std::uint32_t threads = 0;  ///< 0: the machine's cores
  /// Bytes; 0 is no limit.
  std::uint64_t memory_limit = 0;
  std::map<std::string, double> resources;
  /// Where other workers and clients reach it: listens on `listen`, says `contact` ("" for where it listens).
  std::string listen = "tcp://0.0.0.0:0";
  std::string contact;
  std::string local_directory;
  /// Values of other workers on their way here: bytes asked of one worker at once, share of the memory limit (where
  /// there is one) that all together may take, requests under way at the same time. One value always comes.
  std::uint64_t message_bytes = 50'000'000;
  double memory_transfer = 0.1;
  /// Shares of the memory limit (where there is one) from which on values go to files: of what they take by their own
  /// count, and of the process's resident memory. 0: never.
  double memory_target = 0.6;
  double memory_spill = 0.7;
  /// From which on nothing new begins. 0: never.
  double memory_pause = 0.8;
  std::uint32_t connections = 50;
  /// Links to other workers that stay open, up to two to each; beyond that those used least recently are closed, and
  /// opened again when they are needed.
  std::uint32_t peer_links = 512;
  /// Of links to other machines: `auto`, `lz4`, `zstd` or `none`.
  std::string compression = "auto";
  /// Seconds without a scheduler after which it gives up.
  double death_timeout = 60;
  /// Libraries of tasks to load before it starts.
  std::vector<std::string> load;
  /// Of the nanny that starts this worker again and again, a number of its own, and which life this is, from 1: the
  /// scheduler takes a later life in the place of an earlier one. 0: there is none.
  std::uint64_t nanny = 0;
  std::uint64_t life = 0;
  /// Says in the log that it has joined.
  bool announce = false;
};

/// Why a server ended, as the exit status of its process.
enum class server_end : int {
  closed = 0,          ///< asked to: a signal, or the cluster was shut down
  failed = 1,          ///< could not start, or broke; the reason was logged
  lost_scheduler = 3,  ///< a worker whose scheduler did not come, or not come back
  begin_anew = 4,      ///< a worker that its nanny is to start again at once: the cluster was restarted
  refused = 5          ///< a worker that its scheduler will not take, now or later; the reason was logged
};

/// Serves until SIGINT, SIGTERM or a shutdown of the cluster; on the calling thread. Throws error where it cannot
/// start. `started` is told the address. What it runs is waited for; a second signal ends the process meanwhile.
server_end serve_scheduler(scheduler_server_options const& options,
                           std::function<void(std::string const& address)> const& started = {});
/// Serves until SIGINT, SIGTERM, until the cluster is shut down or the scheduler is lost; on the calling thread.
/// SIGUSR1 ends it too, once other workers have what it holds or SIGINT or SIGTERM comes. Throws error where it cannot
/// start. Tasks are waited for; a second signal ends the process meanwhile. A worker with a nanny that is to begin anew
/// ends its process itself, with that status, where its tasks do not stop within two seconds.
server_end serve_worker(worker_server_options const& options, std::function<void()> const& started = {});

namespace detail {

class nanny_services;

/// Makes this process the nanny of workers with these options for their scheduler, which gives it the plugins that
/// nannies have, then calls `watch` on the calling thread and gives its result, the exit status of the process. Before
/// that: closed, where SIGINT or SIGTERM comes, lost_scheduler and refused as for a worker, failed where it cannot set
/// a plugin up.
[[nodiscard]] int serve_nanny(worker_server_options const& options, std::shared_ptr<nanny_services> const& nanny,
                              std::function<int()> const& watch);

}  // namespace detail

}  // namespace troupe
