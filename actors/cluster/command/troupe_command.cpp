#include <troupe/actors/cluster/command/internal/option_parser.hpp>
#include <troupe/actors/cluster/command/internal/version.hpp>
#include <troupe/actors/cluster/command/scheduler_command.hpp>
#include <troupe/actors/cluster/command/troupe_command.hpp>
#include <troupe/actors/cluster/config/config.hpp>
#include <troupe/actors/cluster/config/values.hpp>

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <exception>
#include <string_view>

namespace troupe::detail {
namespace {

using arguments = std::vector<std::string>;

constexpr int failed = static_cast<int>(server_end::failed);

/// One run of the command: where its words go.
struct context {
  command_services const& services;
  std::FILE* out;
  std::FILE* err;

  void warn(std::string_view command, std::vector<std::string> const& warnings) const {
    for (auto const& w : warnings) fmt::print(err, "troupe {}: warning: {}\n", command, w);
  }
  void say(std::string_view text) const {
    fmt::print(out, "{}", text);
    std::fflush(out);
  }
};

/// A server has a socket for each peer, and systems start programs with few files.
void allow_many_files() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  // Refused where the hard limit is above what the kernel grants; then it stays as it was.
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &files));
}

int scheduler(context const& in, arguments const& args) {
  auto command = parse_scheduler_arguments(args);
  if (!command.help.empty()) return in.say(command.help), 0;
  in.warn("scheduler", command.warnings);
  allow_many_files();
  auto end = in.services.serve_scheduler(
      command.server, [&](std::string const& address) { in.say(fmt::format("scheduler at {}\n", address)); });
  return static_cast<int>(end);
}

int worker(context const& in, arguments const& args) {
  auto command = parse_worker_arguments(args);
  allow_many_files();
  return run_worker_command(command, in.services, "troupe worker", in.out, in.err);
}

int status(context const& in, arguments const& args) {
  option_parser options("troupe status", "Shows the workers and tasks of a scheduler.");
  std::string address;
  options.positional(address, "ADDRESS", "of the scheduler: host, host:port or tcp://host:port");
  options.setting("status.timeout", "--timeout", "TIME", "how long it may take to answer (10s)");
  if (!options.parse(args)) return in.say(options.help()), 0;
  auto c = options.settings();
  in.warn("status", c.warnings());
  if (address.empty()) address = c.text("scheduler-address");
  if (address.empty()) throw usage_error("an address is missing, such as tcp://host:8786");
  try {
    address = parse_address(address);
  } catch (bad_value const& e) {
    throw usage_error(fmt::format("ADDRESS {}", e.what()));
  }
  auto answer = in.services.fetch_status(address, c.time("status.timeout"));
  in.say(fmt::format("scheduler at {}\n{}", address, describe(answer)));
  return 0;
}

int show_config(context const& in, arguments const& args) {
  option_parser options(
      "troupe config",
      "Shows the settings in force as YAML, each with where it comes from.\n"
      "From weak to strong: built-in values, /etc/troupe/*.yaml, ~/.config/troupe/*.yaml, the file or\n"
      "folder that $TROUPE_CONFIG names, variables such as TROUPE_WORKER__NTHREADS=2, options.");
  std::string get, key;
  options.positional(get, "get", "show one setting, section or table");
  options.positional(key, "KEY", "such as worker.nthreads");
  if (!options.parse(args)) return in.say(options.help()), 0;
  if (!get.empty() && get != "get") throw usage_error(fmt::format("unexpected argument '{}'", get));
  if (!get.empty() && key.empty()) throw usage_error("get needs a key, such as worker.nthreads");
  auto c = options.settings();
  in.warn("config", c.warnings());
  in.say(get.empty() ? c.to_yaml() : c.get(key));
  return 0;
}

struct command {
  std::string_view name, synopsis, purpose;
  int (*run)(context const&, arguments const&);
};
constexpr std::array commands{
    command{"scheduler", "scheduler", "run a scheduler", scheduler},
    command{"worker", "worker ADDRESS", "run workers for the scheduler at ADDRESS", worker},
    command{"status", "status ADDRESS", "show the workers and tasks of a scheduler", status},
    command{"config", "config [get KEY]", "show the settings in force and where each comes from", show_config}};

/// A program that is built without a way to ask schedulers has no such command.
std::vector<command> commands_with(command_services const& services) {
  std::vector<command> offered(commands.begin(), commands.end());
  if (!services.fetch_status) std::erase_if(offered, [](auto const& c) { return c.run == status; });
  return offered;
}

std::string help_on(std::vector<command> const& offered) {
  std::string list;
  for (auto const& c : offered) list += fmt::format("  {:<18}  {}\n", c.synopsis, c.purpose);
  return fmt::format(
      "A scheduler and workers for tasks written in C++.\n"
      "\n"
      "Usage: troupe COMMAND [OPTIONS]\n"
      "\n"
      "Commands:\n"
      "{}"
      "\n"
      "General:\n"
      "  -h,--help           this text; after a command, its options\n"
      "  --version           the version\n"
      "\n"
      "A cluster on two machines, and a program that runs on it:\n"
      "  one$ troupe scheduler\n"
      "  two$ ./program --worker one --nworkers auto\n"
      "  one$ ./program --scheduler one\n",
      list);
}

std::string unknown_command(std::string const& word, std::vector<command> const& offered) {
  std::vector<std::string_view> names;
  for (auto const& c : offered) names.push_back(c.name);
  auto like = nearest(word, names);
  return fmt::format("there is no {} '{}'{}", word.starts_with("-") ? "option" : "command", word,
                     like.empty() ? "; --help shows those there are" : fmt::format("; did you mean '{}'?", like));
}

}  // namespace

int troupe_command(std::vector<std::string> const& args, command_services const& services, std::FILE* out,
                   std::FILE* err) {
  context in{services, out, err};
  auto offered = commands_with(services);
  if (args.empty()) {
    fmt::print(err, "{}", help_on(offered));
    return bad_usage;
  }
  auto const& first = args.front();
  if (first == "--help" || first == "-h" || first == "help") return in.say(help_on(offered)), 0;
  if (first == "--version") return in.say(fmt::format("troupe {}\n", version())), 0;
  auto found = std::find_if(offered.begin(), offered.end(), [&](auto const& c) { return c.name == first; });
  if (found == offered.end()) {
    fmt::print(err, "troupe: {}\n", unknown_command(first, offered));
    return bad_usage;
  }
  try {
    return found->run(in, {args.begin() + 1, args.end()});
  } catch (usage_error const& e) {
    fmt::print(err, "troupe {}: {}\n", first, e.what());
    return bad_usage;
  } catch (std::exception const& e) {
    fmt::print(err, "troupe {}: {}\n", first, e.what());
    return failed;
  }
}

}  // namespace troupe::detail
