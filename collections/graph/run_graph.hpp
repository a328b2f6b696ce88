#pragma once

#include <troupe/actors/client/client.hpp>
#include <troupe/actors/functions/value.hpp>
#include <troupe/collections/graph/graph_node.hpp>
#include <troupe/collections/graph/scheduler.hpp>
#include <troupe/futures/future.hpp>

#include <memory>
#include <span>
#include <vector>

namespace troupe::detail {

class graph_body;

/// Runs on the calling thread; gives the values of the asked nodes, as they were asked for. Throws error for a graph
/// that is none, and what its calls throw as task_error.
[[nodiscard]] std::vector<value_ptr> run_sync(graph_body const& graph, std::span<node_ref const> asked);

/// Hands over what the asked nodes need, in the order in which it is best run; gives the nodes' futures. Throws error
/// for a graph that is none.
[[nodiscard]] std::vector<any_future> submit_graph(graph_body const& graph, std::span<node_ref const> asked,
                                                   client const& to);

/// A cluster of this machine for one run of one graph, which ends with it.
class local_run {
 public:
  /// Throws error for a graph that is none, and for processes where the program cannot be started again.
  local_run(graph_body const& graph, std::span<node_ref const> asked, scheduler where);
  local_run(local_run const&) = delete;
  local_run& operator=(local_run const&) = delete;
  ~local_run();

  /// Of the asked nodes, as they were asked for. Read before this ends.
  [[nodiscard]] std::vector<any_future> take_futures() noexcept;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace troupe::detail
