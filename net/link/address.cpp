#include <troupe/net/link/internal/address.hpp>

#include <troupe/futures/errors.hpp>

#include <charconv>
#include <string_view>

namespace troupe::detail {
namespace {

[[noreturn]] void wrong(std::string const& text, char const* why) {
  throw error("\"" + text + "\" is not an address: " + why);
}

std::uint16_t parse_port(std::string const& text, std::string_view digits) {
  std::uint16_t port = 0;
  auto const *begin = digits.data(), *end = begin + digits.size();
  auto [stop, problem] = std::from_chars(begin, end, port);
  if (problem != std::errc() || stop != end || digits.empty()) wrong(text, "a port is a number up to 65535");
  return port;
}

void parse_ports(std::string const& text, std::string_view ports, address& out) {
  auto dash = ports.find('-');
  out.first_port = out.last_port = parse_port(text, ports.substr(0, dash));
  if (dash != std::string_view::npos) out.last_port = parse_port(text, ports.substr(dash + 1));
  if (out.last_port < out.first_port) wrong(text, "the range of ports ends before it begins");
}

}  // namespace

address parse_address(std::string const& text) {
  std::string_view rest = text;
  address out;
  if (auto colon = rest.find("://"); colon != std::string_view::npos) {
    auto scheme = rest.substr(0, colon);
    rest.remove_prefix(colon + 3);
    if (scheme == "inproc") {
      if (rest.empty()) wrong(text, "it has no name");
      return {address::kind::inproc, std::string(rest), 0, 0};
    }
    if (scheme != "tcp") wrong(text, "schemes are tcp and inproc");
  }
  auto colon = rest.rfind(':');
  if (colon == std::string_view::npos || rest.ends_with(']')) wrong(text, "it has no port");
  auto host = rest.substr(0, colon);
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) wrong(text, "a bracket is not closed");
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    wrong(text, "an IPv6 address is put into brackets");
  }
  out.host = std::string(host);
  parse_ports(text, rest.substr(colon + 1), out);
  return out;
}

}  // namespace troupe::detail
