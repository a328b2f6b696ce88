#pragma once

#include <cstdint>
#include <string>

namespace troupe::detail {

/// `tcp://host:port`, `tcp://[::1]:8786`, `tcp://host:8786-8790`, `inproc://name`; what has no scheme is tcp.
struct address {
  enum class kind { tcp, inproc };

  kind scheme = kind::tcp;
  /// Host of tcp, without brackets; name of inproc.
  std::string host;
  std::uint16_t first_port = 0, last_port = 0;
};

/// Throws error that names the text and what is wrong with it.
[[nodiscard]] address parse_address(std::string const& text);

}  // namespace troupe::detail
