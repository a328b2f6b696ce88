#include <troupe/actors/cluster/command/server_settings.hpp>
#include <troupe/actors/cluster/command/worker_command.hpp>
#include <troupe/actors/cluster/process/memory.hpp>

#include <fmt/format.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>
#include <set>

namespace troupe::detail {
namespace {

std::uint32_t workers_by_cores(unsigned cores) {
  if (cores <= 4) return cores;
  std::uint32_t workers = 1;
  while (workers * workers < cores || cores % workers != 0) ++workers;
  return workers;
}

[[noreturn]] void refuse(config const& c, std::string_view key, std::string const& why) {
  throw usage_error(fmt::format("{} {}", c.blame(key), why));
}

}  // namespace

machine this_machine() { return {usable_cores(), usable_memory()}; }

worker_layout shape_of(config const& c, machine const& on) {
  auto wanted = trimmed(c.text("worker.nworkers"));
  auto threads = c.count("worker.nthreads");
  worker_layout shape;
  if (lower_case(wanted) == "auto") {
    if (threads != 0)
      refuse(c, "worker.nthreads", "cannot be given together with auto workers, which choose the threads too");
    shape.workers = workers_by_cores(on.cores);
  } else {
    int count = 1;
    std::from_chars(wanted.data(), wanted.data() + wanted.size(), count);
    if (count < 0) count += static_cast<int>(on.cores) + 1;
    if (count < 1)
      refuse(c, "worker.nworkers", fmt::format("leaves no worker on {} processors: '{}'", on.cores, wanted));
    shape.workers = static_cast<std::uint32_t>(count);
  }
  shape.threads = threads != 0 ? threads : std::max(1U, on.cores / shape.workers);
  return shape;
}

std::uint64_t memory_limit_of(config const& c, machine const& on, std::uint32_t threads) {
  auto text = lower_case(trimmed(c.text("worker.memory-limit")));
  auto share_of_machine = [&](double share) {
    return static_cast<std::uint64_t>(static_cast<double>(on.memory) * std::min(1.0, share));
  };
  if (text == "auto") return share_of_machine(static_cast<double>(threads) / on.cores);
  double number = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem == std::errc() && end == text.data() + text.size() && number > 0 && number <= 1)
    return share_of_machine(number);
  return std::min(parse_size(text), on.memory);
}

endpoint endpoint_of(config const& c, std::string_view section) {
  auto key = [&](std::string_view name) { return fmt::format("{}.{}", section, name); };
  auto host = c.text(key("host"));
  auto const& interface = c.text(key("interface"));
  auto const& contact = c.text(key("contact-address"));
  auto ports = parse_ports(c.text(key("port")));
  if (!interface.empty()) {
    if (!host.empty())
      refuse(c, key("interface"),
             fmt::format("'{}' cannot be given together with {} '{}'", interface, c.blame(key("host")), host));
    try {
      host = interface_address(interface);
    } catch (error const& e) {
      refuse(c, key("interface"), e.what());
    }
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  endpoint result;
  try {
    if (host.find(':') != std::string::npos && host.find(':') == host.rfind(':'))
      throw bad_value(fmt::format("takes a host without a port, not '{}'", host));
    // Only looked at: a range of ports is no part of what it takes.
    if (!host.empty()) static_cast<void>(parse_address(bracketed(host)));
  } catch (bad_value const& e) {
    refuse(c, key("host"), e.what());
  }
  result.listen = fmt::format("tcp://{}:{}", bracketed(host.empty() ? "0.0.0.0" : host), to_string(ports));
  if (contact.empty()) return result;
  try {
    result.contact = parse_address(contact, ports.single() ? ports.first : 0);
  } catch (bad_value const& e) {
    refuse(c, key("contact-address"), e.what());
  }
  if (result.contact.ends_with(":0"))
    refuse(c, key("contact-address"), fmt::format("needs a port, since none is fixed to listen on: '{}'", contact));
  return result;
}

std::string interface_address(std::string const& name) {
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) throw error(fmt::format("'{}': {}", name, std::strerror(errno)));
  std::unique_ptr<ifaddrs, decltype([](ifaddrs* a) { ::freeifaddrs(a); })> owner(all);
  std::set<std::string> names;
  for (int family : {AF_INET, AF_INET6})
    for (auto* at = all; at; at = at->ifa_next) {
      names.insert(at->ifa_name);
      if (at->ifa_name != name || !at->ifa_addr || at->ifa_addr->sa_family != family) continue;
      std::array<char, NI_MAXHOST> text{};
      auto length = static_cast<socklen_t>(family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
      if (::getnameinfo(at->ifa_addr, length, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0)
        return text.data();
    }
  if (names.contains(name)) throw error(fmt::format("'{}' has no IP address", name));
  throw error(fmt::format("'{}' is no interface of this machine; it has {}", name, fmt::join(names, ", ")));
}

}  // namespace troupe::detail
