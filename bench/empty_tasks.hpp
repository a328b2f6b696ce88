#pragma once

#include "measure.hpp"
#include "plain_pool.hpp"
#include "test_cluster.hpp"

#include <cstddef>
#include <vector>

namespace troupe::bench {

/// Many tasks that do nothing but give back their argument, which shows that each ran once.

/// The arguments: 0, 1, 2, …
[[nodiscard]] std::vector<int> const& numbers(std::size_t count);

/// One map, then gather; µs per task. `call_alone` leaves out the wait.
[[nodiscard]] sample run_map(client const& c, std::size_t count, bool call_alone);
/// One submit a task, then gather.
[[nodiscard]] sample run_submits(client const& c, std::size_t count);
/// One submit a task, each awaited before the next.
void run_one_by_one(client const& c, std::size_t count);
/// The same as run_map on a pool without a scheduler.
[[nodiscard]] sample run_pool(plain_pool& pool, std::size_t count, bool call_alone);

}  // namespace troupe::bench
