#include <troupe/actors/cluster/command/internal/option_parser.hpp>
#include <troupe/actors/cluster/command/scheduler_command.hpp>
#include <troupe/actors/cluster/command/server_settings.hpp>

namespace troupe::detail {

scheduler_command parse_scheduler_arguments(std::vector<std::string> const& args) {
  option_parser options("troupe scheduler",
                        "Runs a scheduler, until SIGINT or SIGTERM, or until the cluster is shut down.");
  options.group("Network");
  options.setting("scheduler.host", "--host", "HOST", "listen on this host or IP (all)");
  options.setting("scheduler.port", "--port", "PORT|A:B", "listen on this port or one of a range; 0 for any (8786)");
  options.setting("scheduler.interface", "--interface", "NAME", "listen on this network interface, such as eth0");
  options.setting("scheduler.contact-address", "--contact-address", "ADDRESS",
                  "where others reach it, if not where it listens");
  options.setting("compression", "--compression", "auto|lz4|zstd|none",
                  "of what goes to other machines (auto: where it pays)");
  options.setting("scheduler.scheduler-file", "--scheduler-file", "FILE",
                  "write the address to a file, which workers read with theirs");
  options.group("Failures");
  options.setting("scheduler.allowed-failures", "--allowed-failures", "N",
                  "a task fails that was running on more workers than these which were lost (3)");
  options.group("Functions");
  options.list("scheduler.preload", "--preload,--load", "FILE",
               "a library of functions for client.run_on_scheduler; may be repeated");
  options.footer("Every option can also be set in a file or a variable: see troupe config.");

  scheduler_command command;
  if (!options.parse(args)) {
    command.help = options.help();
    return command;
  }
  auto c = options.settings();
  auto where = endpoint_of(c, "scheduler");
  command.server.listen = where.listen;
  command.server.contact = where.contact;
  command.server.scheduler_file = c.text("scheduler.scheduler-file");
  command.server.allowed_failures = c.count("scheduler.allowed-failures");
  command.server.compression = c.text("compression");
  command.server.load = c.list("scheduler.preload");
  command.warnings = c.warnings();
  return command;
}

}  // namespace troupe::detail
