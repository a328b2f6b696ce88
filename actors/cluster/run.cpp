#include <troupe/actors/cluster/command/worker_command.hpp>
#include <troupe/actors/cluster/internal/cluster_workers.hpp>
#include <troupe/actors/cluster/internal/member.hpp>
#include <troupe/actors/cluster/local_cluster.hpp>
#include <troupe/actors/cluster/run.hpp>
#include <troupe/futures/run_loop.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>
#include <optional>
#include <string_view>

namespace troupe {
namespace {

constexpr int bad_command_line = 2;

struct command_line {
  std::string program = "program";
  cluster_options options;
  /// Of the cluster to join; "" for one of its own.
  std::string scheduler;
  std::vector<std::string> rest;
  bool help = false;
};

std::uint32_t positive_number(std::string_view flag, std::string_view text) {
  std::uint32_t value = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || value == 0)
    throw error(fmt::format("{} takes a number from 1 on, not '{}'", flag, text));
  return value;
}

// `--flag value` and `--flag=value`; empty where `at` is another argument.
std::optional<std::string> value_of(std::string_view flag, std::vector<std::string> const& args, std::size_t& at) {
  std::string_view arg = args[at];
  if (arg == flag) {
    if (at + 1 == args.size()) throw error(fmt::format("{} needs a value", flag));
    return args[++at];
  }
  if (arg.starts_with(flag) && arg.substr(flag.size()).starts_with('='))
    return std::string(arg.substr(flag.size() + 1));
  return std::nullopt;
}

command_line parse(int argc, char** argv, cluster_options options) {
  command_line parsed;
  if (argc > 0) parsed.program = argv[0];
  parsed.options = std::move(options);
  std::vector<std::string> args(argv + (argc > 0 ? 1 : 0), argv + argc);
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (args[i] == "--") {
      parsed.rest.insert(parsed.rest.end(), args.begin() + std::ptrdiff_t(i) + 1, args.end());
      break;
    }
    if (auto workers = value_of("--workers", args, i))
      parsed.options.workers(positive_number("--workers", *workers));
    else if (auto threads = value_of("--threads", args, i))
      parsed.options.threads_per_worker(positive_number("--threads", *threads));
    else if (auto scheduler = value_of("--scheduler", args, i))
      parsed.scheduler = *scheduler;
    else if (args[i] == "--processes")
      parsed.options.processes();
    else if (args[i] == "--help")
      parsed.help = true;
    else
      parsed.rest.push_back(args[i]);
  }
  return parsed;
}

void print_help(std::string const& program, bool takes_arguments) {
  fmt::print(
      "usage: {} [options]{}\n\n"
      "  --workers N          workers of the cluster inside this program (default 1)\n"
      "  --threads N          threads of each worker (default: the cores, divided among the workers)\n"
      "  --processes          each worker is a process of its own\n"
      "  --scheduler ADDRESS  run on the cluster of this scheduler instead\n"
      "  --worker ADDRESS     be a worker of this scheduler\n"
      "  --help               this text\n",
      program, takes_arguments ? " [--] [arguments]" : "");
}

// The exit status once it has been a worker; empty where it is not asked to be one.
std::optional<int> serve_if_asked_to(int argc, char** argv) {
  auto asks = [](std::string_view arg) { return arg == "--worker" || arg.starts_with("--worker="); };
  std::vector<std::string> args(argv + (argc > 0 ? 1 : 0), argv + argc);
  auto end = std::find(args.begin(), args.end(), "--");
  if (std::none_of(args.begin(), end, asks)) return std::nullopt;
  try {
    auto command = detail::parse_worker_arguments(args);
    if (!command.rest.empty())
      throw error(
          fmt::format("unexpected argument '{}' of a worker (try --worker ADDRESS --help)", command.rest.front()));
    return detail::run_worker_command(command);
  } catch (error const& e) {
    fmt::print(stderr, "{}: {}\n", argv[0], e.what());
    return bad_command_line;
  }
}

task<int> call_app(detail::app_with_arguments app, client c, std::vector<std::string> args) {
  auto body = app(std::move(c), std::move(args));
  co_return co_await std::move(body);
}

}  // namespace

void init(int argc, char** argv) {
  detail::set_can_be_worker();
  if (auto status = serve_if_asked_to(argc, argv)) std::exit(*status);
}

client connect(runtime& in, int argc, char** argv, cluster_options options) {
  auto parsed = parse(argc, argv, std::move(options));
  if (!parsed.scheduler.empty()) return detail::connect_to(in, parsed.scheduler, "client");
  auto cluster = std::make_shared<local_cluster>(in, parsed.options);
  // The runtime keeps the cluster until it closes.
  in.on_close([cluster] { cluster->close(); });
  return cluster->connect();
}

int detail::run(int argc, char** argv, app_with_arguments const& app, bool takes_arguments, cluster_options options) {
  set_can_be_worker();
  if (auto status = serve_if_asked_to(argc, argv)) return *status;
  command_line parsed;
  try {
    parsed = parse(argc, argv, std::move(options));
    if (!takes_arguments && !parsed.rest.empty())
      throw error(fmt::format("unexpected argument '{}' (try --help)", parsed.rest.front()));
  } catch (error const& e) {
    fmt::print(stderr, "{}: {}\n", argc > 0 ? argv[0] : "program", e.what());
    return bad_command_line;
  }
  if (parsed.help) {
    print_help(parsed.program, takes_arguments);
    return 0;
  }
  try {
    // The loop goes last: closing the cluster completes futures whose callbacks were registered in the app.
    run_loop loop;
    runtime in;
    if (!parsed.scheduler.empty()) {
      auto session = connect_to(in, parsed.scheduler, "client");
      return block_on(loop, call_app(app, std::move(session), std::move(parsed.rest)));
    }
    local_cluster cluster(in, parsed.options);
    return block_on(loop, call_app(app, cluster.connect(), std::move(parsed.rest)));
  } catch (std::exception const& e) {
    fmt::print(stderr, "{}: {}\n", parsed.program, e.what());
    return 1;
  } catch (...) {
    fmt::print(stderr, "{}: unknown exception\n", parsed.program);
    return 1;
  }
}

}  // namespace troupe
