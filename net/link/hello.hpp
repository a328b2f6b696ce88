#pragma once

#include <cstdint>
#include <string>

namespace troupe::detail {

/// What a process is to the one it connects to.
enum class link_role : std::uint8_t {
  scheduler = 1,
  worker = 2,    ///< to its scheduler
  client = 3,    ///< to its scheduler
  peer = 4,      ///< to a worker, to fetch values from it
  observer = 5,  ///< to a scheduler, to ask for its state
  nanny = 6      ///< to the scheduler of its workers
};

/// Bits of hello::features: blocks compressed so are understood, and wanted. A process that names one way alone has
/// been told to use it; one that names both chooses by what it measures.
inline constexpr std::uint64_t lz4_feature = 1, zstd_feature = 2, compression_features = lz4_feature | zstd_feature;

/// The first frame in each direction; nothing else is read before it is accepted.
struct hello {
  static constexpr std::uint32_t oldest_protocol = 1, newest_protocol = 1;

  std::uint32_t protocol_min = oldest_protocol;
  std::uint32_t protocol_max = newest_protocol;
  /// Bits of what is understood beyond the protocol; unknown ones are ignored.
  std::uint64_t features = 0;
  link_role role = link_role::client;
  /// Random, of this life of the process: another epoch behind the same address is another process.
  std::uint64_t epoch = 0;
  /// For people: `worker-0 of host, pid 123`.
  std::string name;
  /// Opaque to the link: whoever accepts checks it.
  std::string credential;
};

}  // namespace troupe::detail
