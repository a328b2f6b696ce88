#include <troupe/actors/cluster/command/internal/option_parser.hpp>
#include <troupe/actors/cluster/command/server_settings.hpp>
#include <troupe/actors/cluster/command/worker_command.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <tuple>
#include <utility>

namespace troupe::detail {
namespace {

constexpr std::string_view program_option = "--worker";
/// Written by nannies, not by people.
constexpr std::string_view life_option = "--life";
constexpr std::string_view announce_option = "--announce";

bool is_program(std::vector<std::string> const& args) {
  auto end = std::find(args.begin(), args.end(), "--");
  return std::any_of(args.begin(), end, [](std::string_view arg) {
    return arg.starts_with(program_option) &&
           (arg.size() == program_option.size() || arg[program_option.size()] == '=');
  });
}

void add_worker_options(option_parser& options) {
  options.group("Workers");
  options.setting("worker.nworkers", "--nworkers,--nprocs", "N|auto", "worker processes (1)");
  options.setting("worker.nthreads", "--nthreads", "N", "threads of each (the processors, divided among the workers)");
  options.setting("worker.memory-limit", "--memory-limit", "SIZE",
                  "of each: 4GB; 0.5 of the machine; auto, its share by threads; 0 for none (auto)");
  options.setting("worker.name", "--name", "NAME", "with -0, -1, ... where there are several");
  options.list("worker.resources", "--resources", "GPU=2", "what tasks may ask for");
  options.list("worker.preload", "--preload,--load", "FILE",
               "a library of tasks to load first (or --load); may be repeated");
  options.setting("worker.local-directory", "--local-directory", "PATH", "where files are put");

  options.group("Network");
  options.setting("worker.host", "--host", "HOST", "listen on this host or IP (all)");
  options.setting("worker.interface", "--interface", "NAME", "listen on this network interface, such as eth0");
  options.setting("worker.port", "--worker-port", "PORT|A:B", "listen on this port or one of a range (any free one)");
  options.setting("worker.contact-address", "--contact-address", "ADDRESS",
                  "where others reach it, if not where it listens");
  options.setting("compression", "--compression", "auto|lz4|zstd|none",
                  "of what goes to other machines (auto: where it pays)");
  options.setting("worker.scheduler-file", "--scheduler-file", "FILE", "read the scheduler's address from a file");

  options.group("Values of other workers");
  options.setting("worker.memory.target", "--memory-target", "SHARE",
                  "of the memory limit: values beyond it go to files (0.6)");
  options.setting("worker.memory.spill", "--memory-spill", "SHARE",
                  "of the memory limit: a process beyond it moves values to files (0.7)");
  options.setting("worker.memory.pause", "--memory-pause", "SHARE",
                  "of the memory limit: a process beyond it begins nothing new (0.8)");
  options.setting("worker.memory.transfer", "--memory-transfer", "SHARE",
                  "of the memory limit that those on their way take at most (0.1)");
  options.setting("worker.transfer.message-bytes-limit", "--message-bytes-limit", "SIZE",
                  "asked of one worker at once (50MB)");
  options.setting("worker.connections.outgoing", "--connections", "N", "requests for values at the same time (50)");
  options.setting("worker.connections.links", "--peer-links", "N", "links to others that stay open (512)");

  options.group("Life");
  options.flag("worker.nanny", "--nanny", "--no-nanny", "a process of its own watches each worker (it does)");
  options.setting("worker.death-timeout", "--death-timeout", "TIME", "give up after this time without scheduler (60s)");
  options.setting("worker.lifetime.duration", "--lifetime", "TIME", "close after this time, such as 1h");
  options.setting("worker.lifetime.stagger", "--lifetime-stagger", "TIME", "more or less by up to this, at random (0)");
  options.flag("worker.lifetime.restart", "--lifetime-restart", "and start again then");
}

nanny_settings supervision_of(config const& c, std::uint64_t memory_limit) {
  nanny_settings s;
  s.memory_limit =
      static_cast<std::uint64_t>(static_cast<double>(memory_limit) * c.fraction("worker.memory.terminate"));
  s.monitor_interval = c.time("nanny.monitor-interval");
  s.lifetime = c.time("worker.lifetime.duration");
  s.lifetime_stagger = c.time("worker.lifetime.stagger");
  s.lifetime_restart = c.flag("worker.lifetime.restart");
  s.close_timeout = c.time("nanny.close-timeout");
  s.backoff = c.time("nanny.backoff");
  s.backoff_limit = c.time("nanny.backoff-limit");
  s.steady_after = c.time("nanny.steady-after");
  s.attempts = c.count("nanny.attempts");
  s.environment = c.texts("nanny.environ");
  return s;
}

std::pair<std::uint64_t, std::uint64_t> parse_life(std::string const& text) {
  std::uint64_t nanny = 0, life = 0;
  auto const* end = text.data() + text.size();
  auto first = std::from_chars(text.data(), end, nanny);
  if (first.ec == std::errc() && first.ptr != end && *first.ptr == ':') {
    auto second = std::from_chars(first.ptr + 1, end, life);
    if (second.ec == std::errc() && second.ptr == end) return {nanny, life};
  }
  throw usage_error(fmt::format("{} takes two numbers, NANNY:NUMBER, not '{}'", life_option, text));
}

void refuse_contradictions(config const& c, worker_command const& w) {
  auto ports = parse_ports(c.text("worker.port"));
  if (w.workers > 1 && !w.nanny)
    throw usage_error(fmt::format("{} leaves room for one worker only, not for {} ({})", c.blame("worker.nanny"),
                                  w.workers, c.blame("worker.nworkers")));
  if (!w.nanny && w.supervision.lifetime_restart)
    throw usage_error(fmt::format("{} needs the nanny, which {} takes away", c.blame("worker.lifetime.restart"),
                                  c.blame("worker.nanny")));
  if (w.supervision.lifetime_restart && w.supervision.lifetime == duration::zero())
    throw usage_error(fmt::format("{} needs a lifetime: --lifetime", c.blame("worker.lifetime.restart")));
  if (ports.single() && w.workers > 1)
    throw usage_error(fmt::format("{} names one port, {}, for {} workers; a range is written A:B",
                                  c.blame("worker.port"), ports.first, w.workers));
  if (w.workers > 1 && !w.server.contact.empty())
    throw usage_error(fmt::format("{} names one address, '{}', for {} workers", c.blame("worker.contact-address"),
                                  w.server.contact, w.workers));
}

/// From the command line, else from a file, else from the configuration.
void set_scheduler(worker_command& w, config const& c, std::string const& given) {
  if (!given.empty()) {
    try {
      w.server.scheduler = parse_address(given);
    } catch (bad_value const& e) {
      throw usage_error(fmt::format("{} {}", w.prefix.empty() ? program_option : "ADDRESS", e.what()));
    }
    return;
  }
  w.scheduler_file = c.text("worker.scheduler-file");
  if (!w.scheduler_file.empty()) return;
  if (auto const& configured = c.text("scheduler-address"); !configured.empty())
    w.server.scheduler = parse_address(configured);
  else
    throw usage_error("a worker needs the address of its scheduler, such as tcp://host:8786, or --scheduler-file");
}

}  // namespace

worker_command parse_worker_arguments(std::vector<std::string> const& args) {
  worker_command w;
  bool program = is_program(args);
  option_parser options(program ? "PROGRAM" : "troupe worker",
                        "Runs tasks for a scheduler, until SIGINT or SIGTERM, or until the cluster is shut down.");
  std::string address;
  if (program) {
    options.group("Workers");
    options.option(address, std::string(program_option), "ADDRESS", "be a worker of the scheduler at host[:8786]");
    options.leave_unknown();
  } else {
    w.prefix = {"worker"};
    options.positional(address, "ADDRESS", "of the scheduler: host, host:port or tcp://host:port");
  }
  add_worker_options(options);
  std::string life;
  options.group("");
  options.option(life, std::string(life_option), "NANNY:NUMBER", "");
  options.switch_on(w.server.announce, std::string(announce_option), "");
  options.footer("Every option can also be set in a file or a variable: see troupe config.");
  if (!options.parse(args)) {
    w.help = options.help();
    return w;
  }
  if (program) w.rest = options.rest();

  auto c = options.settings();
  w.warnings = c.warnings();
  set_scheduler(w, c, address);
  auto machine = this_machine();
  auto shape = shape_of(c, machine);
  auto where = endpoint_of(c, "worker");
  w.workers = shape.workers;
  w.nanny = c.flag("worker.nanny");
  w.server.name = c.text("worker.name");
  w.server.threads = shape.threads;
  w.server.memory_limit = memory_limit_of(c, machine, shape.threads);
  w.server.resources = c.amounts("worker.resources");
  w.server.listen = where.listen;
  w.server.contact = where.contact;
  w.server.local_directory = c.text("worker.local-directory");
  w.server.message_bytes = parse_size(c.text("worker.transfer.message-bytes-limit"));
  w.server.memory_target = c.fraction("worker.memory.target");
  w.server.memory_spill = c.fraction("worker.memory.spill");
  w.server.memory_pause = c.fraction("worker.memory.pause");
  w.server.memory_transfer = c.fraction("worker.memory.transfer");
  w.server.compression = c.text("compression");
  w.server.connections = c.count("worker.connections.outgoing");
  w.server.peer_links = c.count("worker.connections.links");
  w.server.death_timeout = std::chrono::duration<double>(c.time("worker.death-timeout")).count();
  w.server.load = c.list("worker.preload");
  if (!life.empty()) std::tie(w.server.nanny, w.server.life) = parse_life(life);
  w.supervision = supervision_of(c, w.server.memory_limit);
  refuse_contradictions(c, w);
  return w;
}

std::vector<std::string> arguments_of_worker(worker_command const& command, std::uint32_t index, std::uint64_t life) {
  auto const& s = command.server;
  auto args = command.prefix;
  if (args.empty())
    args.insert(args.end(), {std::string(program_option), s.scheduler});
  else
    args.push_back(s.scheduler);
  auto add = [&](std::string name, std::string value) {
    args.push_back(std::move(name));
    args.push_back(std::move(value));
  };
  args.insert(args.end(), {"--no-config", "--no-nanny", std::string(announce_option)});
  if (s.nanny != 0) add(std::string(life_option), fmt::format("{}:{}", s.nanny, life));
  if (!s.name.empty()) add("--name", command.workers > 1 ? fmt::format("{}-{}", s.name, index) : s.name);
  add("--nthreads", std::to_string(s.threads));
  add("--memory-limit", std::to_string(s.memory_limit));
  for (auto const& [name, amount] : s.resources) add("--resources", fmt::format("{}={}", name, amount));

  std::string_view listen = s.listen;
  listen.remove_prefix(std::string_view("tcp://").size());
  auto colon = listen.rfind(':');
  auto host = listen.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  std::string ports(listen.substr(colon + 1));
  std::replace(ports.begin(), ports.end(), '-', ':');
  add("--host", std::string(host));
  add("--worker-port", ports);
  if (!s.contact.empty()) add("--contact-address", s.contact);
  if (!s.local_directory.empty()) add("--local-directory", s.local_directory);
  add("--compression", s.compression);
  add("--memory-target", fmt::format("{}", s.memory_target));
  add("--memory-spill", fmt::format("{}", s.memory_spill));
  add("--memory-pause", fmt::format("{}", s.memory_pause));
  add("--memory-transfer", fmt::format("{}", s.memory_transfer));
  add("--message-bytes-limit", std::to_string(s.message_bytes));
  add("--connections", std::to_string(s.connections));
  add("--peer-links", std::to_string(s.peer_links));
  add("--death-timeout", fmt::format("{}s", s.death_timeout));
  for (auto const& library : s.load) add("--preload", library);
  args.insert(args.end(), command.rest.begin(), command.rest.end());
  return args;
}

}  // namespace troupe::detail
