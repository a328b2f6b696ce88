#pragma once

#include <troupe/actors/cluster/server_options.hpp>

#include <string>
#include <vector>

namespace troupe::detail {

/// What `troupe scheduler …` asks for.
struct scheduler_command {
  scheduler_server_options server;
  /// What the configuration was warned of.
  std::vector<std::string> warnings;
  /// Not empty: help was asked for, and this is it.
  std::string help;
};

/// `args` follows `troupe scheduler`. Throws usage_error.
[[nodiscard]] scheduler_command parse_scheduler_arguments(std::vector<std::string> const& args);

}  // namespace troupe::detail
