#include <troupe/actors/cluster/config/values.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace troupe::detail {
namespace {

constexpr std::string_view spaces = " \t\r\n";

template <class T>
std::optional<T> whole_number(std::string_view text) {
  T value{};
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The number that a text begins with, cut off of it.
std::optional<double> leading_number(std::string_view& text) {
  double value = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || !std::isfinite(value)) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::string_view leading_word(std::string_view& text) {
  auto end =
      std::find_if_not(text.begin(), text.end(), [](char c) { return std::isalpha(static_cast<unsigned char>(c)); });
  auto word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(word.size());
  return word;
}

template <std::size_t N>
std::optional<double> factor(std::array<std::pair<std::string_view, double>, N> const& units, std::string_view name) {
  auto found = std::find_if(units.begin(), units.end(), [&](auto const& unit) { return unit.first == name; });
  if (found == units.end()) return std::nullopt;
  return found->second;
}

constexpr double kilo = 1e3, kibi = 1024;
constexpr std::array<std::pair<std::string_view, double>, 17> size_units{{
    {"", 1},
    {"b", 1},
    {"k", kilo},
    {"kb", kilo},
    {"kib", kibi},
    {"ki", kibi},
    {"m", kilo* kilo},
    {"mb", kilo* kilo},
    {"mib", kibi* kibi},
    {"g", 1e9},
    {"gb", 1e9},
    {"gib", kibi* kibi* kibi},
    {"t", 1e12},
    {"tb", 1e12},
    {"tib", kibi* kibi* kibi* kibi},
    {"pb", 1e15},
    {"pib", kibi* kibi* kibi* kibi* kibi},
}};

constexpr double minute = 60, hour = 60 * minute, day = 24 * hour, week = 7 * day;
constexpr std::array<std::pair<std::string_view, double>, 24> duration_units{{
    {"ns", 1e-9},        {"us", 1e-6},   {"ms", 1e-3},  {"s", 1},        {"sec", 1},       {"secs", 1},
    {"second", 1},       {"seconds", 1}, {"m", minute}, {"min", minute}, {"mins", minute}, {"minute", minute},
    {"minutes", minute}, {"h", hour},    {"hr", hour},  {"hrs", hour},   {"hour", hour},   {"hours", hour},
    {"d", day},          {"day", day},   {"days", day}, {"w", week},     {"week", week},   {"weeks", week},
}};

bool plain_host(std::string_view host) {
  return !host.empty() && std::none_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isspace(c) || c == '/' || c == '@' || c == '[' || c == ']' || c == '?' || c == '#' || c == ',';
  });
}

}  // namespace

std::string_view trimmed(std::string_view text) noexcept {
  auto begin = text.find_first_not_of(spaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(spaces) - begin + 1);
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

std::uint64_t parse_size(std::string_view text) {
  auto rest = trimmed(text);
  auto number = leading_number(rest);
  auto unit = factor(size_units, lower_case(trimmed(rest)));
  if (!number || !unit || *number < 0)
    throw bad_value(fmt::format("takes a size such as 4GB or 512MiB, not '{}'", text));
  double bytes = *number * *unit;
  if (bytes >= std::ldexp(1.0, 64)) throw bad_value(fmt::format("takes a size below 16 EiB, not '{}'", text));
  return static_cast<std::uint64_t>(bytes);
}

duration parse_duration(std::string_view text) {
  auto wrong = [&] { return bad_value(fmt::format("takes a time such as 30s, 500ms or 1h 30m, not '{}'", text)); };
  auto rest = trimmed(text);
  double seconds = 0;
  bool first = true;
  do {
    auto number = leading_number(rest);
    if (!number || *number < 0) throw wrong();
    rest = trimmed(rest);
    auto name = leading_word(rest);
    rest = trimmed(rest);
    if (name.empty() && first && rest.empty()) name = "s";
    auto unit = factor(duration_units, lower_case(name));
    if (!unit) throw wrong();
    seconds += *number * *unit;
    first = false;
  } while (!rest.empty());
  constexpr double most = 100 * 365.25 * day;
  if (seconds > most) throw bad_value(fmt::format("takes a time of less than 100 years, not '{}'", text));
  return std::chrono::round<duration>(std::chrono::duration<double>(seconds));
}

std::uint32_t parse_count(std::string_view text, std::uint32_t least) {
  auto value = whole_number<std::uint32_t>(trimmed(text));
  if (!value || *value < least) throw bad_value(fmt::format("takes a number from {} on, not '{}'", least, text));
  return *value;
}

double parse_fraction(std::string_view text) {
  auto rest = trimmed(text);
  auto value = leading_number(rest);
  if (!value || !rest.empty() || *value < 0 || *value > 1)
    throw bad_value(fmt::format("takes a number from 0 to 1, not '{}'", text));
  return *value;
}

bool parse_flag(std::string_view text) {
  auto word = lower_case(trimmed(text));
  if (word == "true" || word == "yes" || word == "on" || word == "1") return true;
  if (word == "false" || word == "no" || word == "off" || word == "0") return false;
  throw bad_value(fmt::format("takes true or false, not '{}'", text));
}

double parse_amount(std::string_view text) {
  auto rest = trimmed(text);
  auto value = leading_number(rest);
  if (!value || !rest.empty() || *value < 0)
    throw bad_value(fmt::format("takes amounts from 0 on, such as 2 or 1e9, not '{}'", text));
  return *value;
}

std::map<std::string, double> parse_resources(std::string_view text) {
  std::map<std::string, double> result;
  for (auto const& part : parse_list(text)) {
    auto equals = part.find('=');
    auto name = trimmed(std::string_view(part).substr(0, equals));
    if (equals == std::string::npos || name.empty())
      throw bad_value(fmt::format("takes names with amounts such as GPU=2,MEM=1e9, not '{}'", part));
    if (!result.emplace(name, parse_amount(std::string_view(part).substr(equals + 1))).second)
      throw bad_value(fmt::format("takes each name once, not '{}' twice", name));
  }
  return result;
}

std::string to_string(port_range const& ports) {
  return ports.first == ports.last ? std::to_string(ports.first) : fmt::format("{}-{}", ports.first, ports.last);
}

port_range parse_ports(std::string_view text) {
  auto all = trimmed(text);
  auto colon = all.find(':');
  auto first = whole_number<std::uint16_t>(trimmed(all.substr(0, colon)));
  auto last = colon == std::string_view::npos ? first : whole_number<std::uint16_t>(trimmed(all.substr(colon + 1)));
  bool range = colon != std::string_view::npos;
  if (!first || !last || *first > *last || (range && *first == 0))
    throw bad_value(fmt::format("takes a port or a range of ports such as 9000:9010, not '{}'", text));
  return {*first, *last};
}

std::string bracketed(std::string_view host) {
  return host.find(':') == std::string_view::npos ? std::string(host) : fmt::format("[{}]", host);
}

std::string parse_address(std::string_view text, std::uint16_t port) {
  auto wrong = [&](std::string_view why) {
    return bad_value(
        fmt::format("takes an address such as tcp://host:8786, not '{}'{}{}", text, why.empty() ? "" : ": ", why));
  };
  auto rest = trimmed(text);
  std::string scheme = "tcp";
  if (auto at = rest.find("://"); at != std::string_view::npos) {
    scheme = lower_case(rest.substr(0, at));
    rest.remove_prefix(at + 3);
    if (scheme == "inproc") return plain_host(rest) ? fmt::format("inproc://{}", rest) : throw wrong("");
    if (scheme != "tcp" && scheme != "tls") throw wrong(fmt::format("there is no transport '{}'", scheme));
  }
  std::string_view host = rest;
  std::optional<std::string_view> given;
  if (rest.starts_with('[')) {
    auto close = rest.find(']');
    if (close == std::string_view::npos) throw wrong("a ']' is missing");
    host = rest.substr(1, close - 1);
    auto after = rest.substr(close + 1);
    if (after.starts_with(':'))
      given = after.substr(1);
    else if (!after.empty())
      throw wrong("");
  } else if (auto colon = rest.find(':'); colon != std::string_view::npos && rest.find(':', colon + 1) == rest.npos) {
    host = rest.substr(0, colon);
    given = rest.substr(colon + 1);
  }
  if (!plain_host(host)) throw wrong(host.empty() ? "the host is missing" : "");
  auto number = given ? whole_number<std::uint16_t>(*given) : port;
  if (!number) throw wrong(fmt::format("'{}' is no port", *given));
  return fmt::format("{}://{}:{}", scheme, bracketed(host), *number);
}

std::vector<std::string> parse_list(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    auto end = std::min(text.find(',', begin), text.size());
    if (auto part = trimmed(text.substr(begin, end - begin)); !part.empty()) parts.emplace_back(part);
    begin = end + 1;
  }
  return parts;
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 6> names{"B", "kB", "MB", "GB", "TB", "PB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  // 999.95 would be shown as 1000.0.
  while (value >= 999.95 && unit + 1 < names.size()) value /= kilo, ++unit;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, names[unit]);
}

std::string duration_text(duration d) {
  constexpr std::array<std::pair<std::string_view, std::int64_t>, 7> parts{{{"d", 86'400'000'000'000},
                                                                            {"h", 3'600'000'000'000},
                                                                            {"m", 60'000'000'000},
                                                                            {"s", 1'000'000'000},
                                                                            {"ms", 1'000'000},
                                                                            {"us", 1'000},
                                                                            {"ns", 1}}};
  auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(d).count();
  std::string text;
  for (auto [name, length] : parts) {
    if (left < length) continue;
    text += fmt::format("{}{}{}", text.empty() ? "" : " ", left / length, name);
    left %= length;
  }
  return text.empty() ? "0s" : text;
}

}  // namespace troupe::detail
