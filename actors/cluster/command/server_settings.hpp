#pragma once

#include <troupe/actors/cluster/config/config.hpp>
#include <troupe/actors/cluster/config/values.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace troupe::detail {

/// What a configuration means on a machine. All throw usage_error where settings do not go together.
struct machine {
  unsigned cores = 1;
  std::uint64_t memory = 0;  ///< bytes
};
/// What this process may use.
[[nodiscard]] machine this_machine();

struct worker_layout {
  std::uint32_t workers = 1, threads = 1;  ///< threads of each worker
};
/// From `worker.nworkers` and `worker.nthreads`. Auto gives up to four workers a thread each; beyond that as many
/// workers as the smallest divisor of the cores that is not below their square root.
[[nodiscard]] worker_layout shape_of(config const& c, machine const& on);

/// Bytes of each worker, 0 for no limit: a size, a share of the machine, or by auto its share of the cores; never more
/// than the machine has.
[[nodiscard]] std::uint64_t memory_limit_of(config const& c, machine const& on, std::uint32_t threads);

struct endpoint {
  std::string listen;   ///< `tcp://0.0.0.0:9000-9010`
  std::string contact;  ///< "" for where it listens
};
/// From the host, interface, contact-address and port of a `section`.
[[nodiscard]] endpoint endpoint_of(config const& c, std::string_view section);

/// The address of a network interface of this machine: IPv4 where it has one. Throws error that names those there are.
[[nodiscard]] std::string interface_address(std::string const& name);

}  // namespace troupe::detail
