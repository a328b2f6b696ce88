#pragma once

#include <troupe/actors/cluster/nanny/nanny_settings.hpp>
#include <troupe/actors/cluster/server_options.hpp>
#include <troupe/futures/errors.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace troupe::detail {

/// A command line that cannot be followed: one line that names the option and its value. Exit status 2.
class usage_error : public error {
 public:
  using error::error;
};
inline constexpr int bad_usage = 2;

/// What `troupe worker ADDRESS …` and `program --worker ADDRESS …` ask for.
struct worker_command {
  /// Of one worker; its scheduler is empty while only `scheduler_file` says where that is.
  worker_server_options server;
  std::string scheduler_file;
  std::uint32_t workers = 1;
  /// Whether workers are processes of their own, watched by this one.
  bool nanny = true;
  nanny_settings supervision;
  /// Arguments between the program and the worker's that make the program a worker: `worker`, or nothing where
  /// `--worker` says so.
  std::vector<std::string> prefix;
  /// Of `program --worker …`: what is not an option of a worker.
  std::vector<std::string> rest;
  /// What the configuration was warned of.
  std::vector<std::string> warnings;
  /// Not empty: help was asked for, and this is it.
  std::string help;
};

/// `args` is all that follows the program's name, as in `--worker ADDRESS --nthreads 2` (then what is not known is left
/// in `rest`), or what follows `troupe worker`, as in `ADDRESS --nthreads 2`. Options come on top of the configuration
/// (docs/configuration.md). Throws usage_error.
[[nodiscard]] worker_command parse_worker_arguments(std::vector<std::string> const& args);

/// The arguments, from `--worker` or `worker` on, with which the program becomes worker number `index` of the command:
/// one that serves itself, without a nanny, and reads no configuration. `life` is its so-many-th start by this nanny.
[[nodiscard]] std::vector<std::string> arguments_of_worker(worker_command const& command, std::uint32_t index,
                                                           std::uint64_t life);

/// Starts the workers as processes and watches them, or serves one in this process. Until SIGINT or SIGTERM, until
/// all ended for good, or the scheduler is lost. Gives the exit status; what goes wrong is written to standard error.
/// On the calling thread; to be called before other threads start.
[[nodiscard]] int run_worker_command(worker_command const& command);

}  // namespace troupe::detail
