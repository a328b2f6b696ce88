#include <troupe/actors/cluster/command/internal/lifetime_timer.hpp>
#include <troupe/actors/cluster/command/internal/scheduler_file.hpp>
#include <troupe/actors/cluster/command/troupe_command.hpp>
#include <troupe/actors/cluster/internal/member.hpp>
#include <troupe/actors/cluster/nanny/nanny.hpp>
#include <troupe/actors/cluster/process/child_process.hpp>
#include <troupe/actors/worker/internal/local_nanny.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>
#include <utility>

namespace troupe::detail {
namespace {

constexpr int failed = static_cast<int>(server_end::failed);

std::uint64_t random_number() {
  std::random_device entropy;
  return (std::uint64_t{entropy()} << 32) | entropy();
}

int watch(worker_command command, command_services const& services) {
  auto nanny = std::make_shared<nanny_services>(introduce(link_role::nanny).name, command.server.load);
  command.server.nanny = nanny->number();
  // Of its own process each life would have another one.
  if (command.server.name.empty()) command.server.name = name_of_process();
  auto program = this_program();
  std::vector<watched_worker> workers;
  for (std::uint32_t i = 0; i < command.workers; ++i) {
    watched_worker w;
    auto const& name = command.server.name;
    w.name = command.workers > 1 ? fmt::format("{}-{}", name, i) : name;
    w.command = [&command, program, i](std::uint64_t life) {
      auto words = arguments_of_worker(command, i, life);
      words.insert(words.begin(), program);
      return words;
    };
    workers.push_back(std::move(w));
  }
  auto go_on = [&] { return watch_workers(workers, command.supervision, random_number(), *nanny); };
  return services.serve_nanny ? services.serve_nanny(command.server, nanny, go_on) : go_on();
}

duration drawn_lifetime(nanny_settings const& s) {
  std::chrono::duration<double> stagger = s.lifetime_stagger;
  std::random_device entropy;
  auto shift = stagger * std::uniform_real_distribution<>(-1, 1)(entropy);
  return std::max(duration::zero(), s.lifetime + std::chrono::round<duration>(shift));
}

int serve(worker_command const& command, command_services const& services) {
  std::optional<lifetime_timer> timer;
  if (command.supervision.lifetime != duration::zero())
    timer.emplace(drawn_lifetime(command.supervision), command.supervision.close_timeout);
  return static_cast<int>(services.serve_worker(command.server));
}

}  // namespace

int run_worker_command(worker_command const& command, command_services const& services, std::string const& program,
                       std::FILE* out, std::FILE* err) {
  if (!command.help.empty()) {
    fmt::print(out, "{}", command.help);
    return 0;
  }
  for (auto const& warning : command.warnings) fmt::print(err, "{}: warning: {}\n", program, warning);
  try {
    auto resolved = command;
    if (resolved.server.scheduler.empty()) {
      auto patience = std::chrono::duration<double>(command.server.death_timeout);
      resolved.server.scheduler = read_scheduler_file(command.scheduler_file, std::chrono::round<duration>(patience));
    }
    return resolved.nanny ? watch(std::move(resolved), services) : serve(resolved, services);
  } catch (std::exception const& e) {
    fmt::print(err, "{}: {}\n", program, e.what());
    return failed;
  }
}

}  // namespace troupe::detail
