#include <troupe/actors/cluster/command/troupe_command.hpp>
#include <troupe/actors/cluster/process/child_process.hpp>

#include <filesystem>

namespace troupe::detail {

int run_worker_command(worker_command const& command) {
  command_services services;
  services.serve_worker = [](worker_server_options const& options) { return serve_worker(options); };
  services.serve_nanny = serve_nanny;
  auto program = command.prefix.empty() ? std::filesystem::path(this_program()).filename().string() : "troupe worker";
  return run_worker_command(command, services, program, stdout, stderr);
}

}  // namespace troupe::detail
