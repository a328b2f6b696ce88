#pragma once

#include <troupe/actors/client/cluster_status.hpp>
#include <troupe/futures/clock.hpp>

#include <string>

namespace troupe {

/// Asks the scheduler at `address` (`tcp://host:port`). Blocks; throws error that names the address where it does not
/// answer within `timeout` or is no scheduler.
[[nodiscard]] cluster_status fetch_status(std::string const& address, duration timeout);

}  // namespace troupe
