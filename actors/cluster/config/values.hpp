#pragma once

#include <troupe/futures/clock.hpp>
#include <troupe/futures/errors.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::detail {

/// A text that is not what its option takes. The message goes on where the option's name ends:
/// `takes a size such as 4GB or 512MiB, not '4XB'`.
class bad_value : public error {
 public:
  using error::error;
};

// All of these throw bad_value. Spaces around, and between a number and its unit, do not count.

/// Bytes: `4GB`, `512 MiB`, `1e9`; kB, MB, GB, TB, PB are powers of 1000, KiB, MiB, … of 1024, in any case, the B may
/// be left out.
[[nodiscard]] std::uint64_t parse_size(std::string_view text);

/// `500ms`, `30` (seconds), `1.5h`, `1 day 12 hours`; ns, us, ms, s, m, h, d, w and their usual longer names.
[[nodiscard]] duration parse_duration(std::string_view text);

/// From `least` on.
[[nodiscard]] std::uint32_t parse_count(std::string_view text, std::uint32_t least = 0);

/// From 0 to 1.
[[nodiscard]] double parse_fraction(std::string_view text);

/// true, yes, on, 1 and their opposites.
[[nodiscard]] bool parse_flag(std::string_view text);

/// `GPU=2,MEM=1e9`: amounts from 0 on, by name.
[[nodiscard]] std::map<std::string, double> parse_resources(std::string_view text);
[[nodiscard]] double parse_amount(std::string_view text);

/// Ports that may be taken; 0 to 0: any free one.
struct port_range {
  std::uint16_t first = 0, last = 0;

  [[nodiscard]] bool single() const noexcept { return first == last && first != 0; }
  /// As an address has it: `8786`, `9000-9010`
  friend std::string to_string(port_range const& ports);
  friend bool operator==(port_range const&, port_range const&) = default;
};
/// `8786`, `9000:9010`
[[nodiscard]] port_range parse_ports(std::string_view text);

/// `tcp://host:port` from an address whose scheme and port may be missing; IPv6 with or without brackets.
[[nodiscard]] std::string parse_address(std::string_view text, std::uint16_t port = 8786);

/// Brackets around IPv6: what stands before `:port`.
[[nodiscard]] std::string bracketed(std::string_view host);

/// The parts of a list: split at commas, without the spaces around, without empty ones.
[[nodiscard]] std::vector<std::string> parse_list(std::string_view text);

[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;
/// ASCII.
[[nodiscard]] std::string lower_case(std::string_view text);

/// `4.0 GB`, `512 B`: for people.
[[nodiscard]] std::string size_text(std::uint64_t bytes);
/// `1h 30m`, `100ms`, `0s`: parse_duration gives the same back.
[[nodiscard]] std::string duration_text(duration d);

}  // namespace troupe::detail
