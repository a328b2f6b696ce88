#pragma once

#include <troupe/actors/client/client_handle.hpp>
#include <troupe/collections/graph/internal/graph_plan.hpp>
#include <troupe/futures/future.hpp>

#include <cstdint>
#include <memory>
#include <vector>

namespace troupe::detail {

/// Throws error for what only a client can give: a future, or a task that runs after one.
void check_runs_here(graph_body const& graph, std::uint32_t node);

/// Whose tasks those of a graph are.
enum class graph_keys : bool { shared, names_only };

/// Submits the tasks of a plan; gives the futures of what was asked for. `options` stand in place of the graph's, by
/// the same numbers; those of the client hold where they say nothing.
[[nodiscard]] std::vector<any_future> submit_plan(graph_plan const& plan, client_handle const& to, graph_keys keys,
                                                  std::vector<std::shared_ptr<task_options const>> const& options);

}  // namespace troupe::detail
