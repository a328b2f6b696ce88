#include <troupe/actors/cluster/command/troupe_command.hpp>

int main(int argc, char** argv) {
  troupe::detail::command_services services;
  services.serve_scheduler = troupe::serve_scheduler;
  services.serve_worker = [](troupe::worker_server_options const& options) { return troupe::serve_worker(options); };
  services.serve_nanny = troupe::detail::serve_nanny;
  services.fetch_status = troupe::fetch_status;
  return troupe::detail::troupe_command({argv + (argc > 0 ? 1 : 0), argv + argc}, services);
}
