// The troupe command with a worker that runs no tasks: it says what it was given, and waits for SIGTERM or the end of
// its lifetime.
#include <troupe/actors/cluster/command/troupe_command.hpp>

#include <fmt/format.h>
#include <signal.h>

#include <cstdio>
#include <cstdlib>

namespace {

troupe::server_end serve(troupe::worker_server_options const& options) {
  if (options.name == "lost") return troupe::server_end::lost_scheduler;
  if (options.name == "broken") throw troupe::error("a library is missing");
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGUSR1);
  sigprocmask(SIG_BLOCK, &stop, nullptr);
  fmt::print("{} of {}: {} threads, {} bytes\n", options.name, options.scheduler, options.threads,
             options.memory_limit);
  std::fflush(stdout);
  int signal = 0;
  sigwait(&stop, &signal);
  fmt::print("{} closed\n", options.name);
  return troupe::server_end::closed;
}

}  // namespace

int main(int argc, char** argv) {
  troupe::detail::command_services services;
  services.serve_worker = serve;
  int status = troupe::detail::troupe_command({argv + 1, argv + argc}, services);
  std::fflush(stdout);
  return status;
}
