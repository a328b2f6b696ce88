#pragma once

#include <troupe/actors/cluster/command/worker_command.hpp>
#include <troupe/actors/cluster/server_options.hpp>
#include <troupe/actors/cluster/status.hpp>

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace troupe::detail {

/// What the command does beyond reading its arguments, so that tests can do something else.
struct command_services {
  std::function<server_end(scheduler_server_options const&, std::function<void(std::string const&)> const& started)>
      serve_scheduler;
  std::function<server_end(worker_server_options const&)> serve_worker;
  /// Empty: nannies do without a scheduler, and so without plugins.
  std::function<int(worker_server_options const&, std::shared_ptr<nanny_services> const& nanny,
                    std::function<int()> const& watch)>
      serve_nanny;
  /// Empty: there is no `troupe status`.
  std::function<cluster_status(std::string const& address, duration timeout)> fetch_status;
};

/// The `troupe` command; `args` follows the program's name. Gives the exit status: 2 for a command line that cannot be
/// followed, 1 for what went wrong later, else what the command says. See docs/command.md.
[[nodiscard]] int troupe_command(std::vector<std::string> const& args, command_services const& services,
                                 std::FILE* out = stdout, std::FILE* err = stderr);

/// As run_worker_command, for help and messages written elsewhere and with another server.
[[nodiscard]] int run_worker_command(worker_command const& command, command_services const& services,
                                     std::string const& program, std::FILE* out, std::FILE* err);

/// A table for people: workers with their memory, tasks by state.
[[nodiscard]] std::string describe(cluster_status const& status);

}  // namespace troupe::detail
