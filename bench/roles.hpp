#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace troupe::bench {

/// The processes of a figure are this program again, started with a role instead of the names of figures. Plays it
/// until its end and gives the exit status; empty where `arguments` begin with no role.
[[nodiscard]] std::optional<int> play_role(std::vector<std::string> const& arguments);

// What follows are the roles, each in the file of its figure. They print a line once they can be used.

int play_scheduler();                                                     // tcp_cluster.cpp
int play_worker(std::string address, int number, std::uint32_t threads);  // tcp_cluster.cpp
int play_zero_workers(std::string address, std::size_t count);            // zero_worker.cpp
int play_floor_scheduler(std::size_t window);                             // pipeline_floor.cpp
int play_floor_worker(std::uint16_t port);                                // pipeline_floor.cpp
int play_relay();                                                         // raw_hops.cpp
int play_relayed_worker(std::uint16_t port);                              // raw_hops.cpp
int play_source();                                                        // raw_stream.cpp
int play_peer(std::string over);                                          // limits.cpp

}  // namespace troupe::bench
