#include "roles.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <csignal>
#include <functional>
#include <map>

namespace troupe::bench {
namespace {

using role_arguments = std::vector<std::string>;

std::uint16_t port_in(role_arguments const& a) { return static_cast<std::uint16_t>(std::stoul(a.at(1))); }
std::uint32_t number_in(role_arguments const& a, std::size_t at) {
  return static_cast<std::uint32_t>(std::stoul(a.at(at)));
}

/// Each of a thousand links is a file.
void allow_many_files() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &files));
}

std::map<std::string, std::function<int(role_arguments const&)>> const& roles() {
  static std::map<std::string, std::function<int(role_arguments const&)>> const all = {
      {"--play-scheduler", [](auto const&) { return play_scheduler(); }},
      {"--play-worker", [](auto const& a) { return play_worker(a.at(1), std::stoi(a.at(2)), number_in(a, 3)); }},
      {"--play-zero-workers", [](auto const& a) { return play_zero_workers(a.at(1), std::stoul(a.at(2))); }},
      {"--play-floor-scheduler", [](auto const& a) { return play_floor_scheduler(std::stoul(a.at(1))); }},
      {"--play-floor-worker", [](auto const& a) { return play_floor_worker(port_in(a)); }},
      {"--play-relay", [](auto const&) { return play_relay(); }},
      {"--play-relayed-worker", [](auto const& a) { return play_relayed_worker(port_in(a)); }},
      {"--play-source", [](auto const&) { return play_source(); }},
      {"--play-peer", [](auto const& a) { return play_peer(a.at(1)); }},
      {"--play-nobody", [](auto const&) { return 0; }},
  };
  return all;
}

}  // namespace

std::optional<int> play_role(std::vector<std::string> const& arguments) {
  if (arguments.empty()) return std::nullopt;
  auto role = roles().find(arguments.front());
  if (role == roles().end()) return std::nullopt;
  // Also when the figure's process is killed.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  allow_many_files();
  return role->second(arguments);
}

}  // namespace troupe::bench
