#pragma once

#include <troupe/collections/graph/graph.hpp>
#include <troupe/collections/graph/run_graph.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

namespace troupe {
namespace detail {

/// The nodes in what was asked for, in the order of the walk.
template <class... What>
[[nodiscard]] std::vector<node_ref> nodes_in(What const&... what) {
  std::vector<node_ref> nodes;
  auto note = [&nodes](auto const& node) { nodes.push_back(graph_access::ref(node)); };
  (for_each_future(what, note), ...);
  return nodes;
}

/// What a node in `what` is computed to: no node is, but for void a `unit`.
template <class Node>
using node_value = stored_t<typename std::remove_cvref_t<Node>::value_type>;

template <class T>
[[nodiscard]] stored_t<T> take_result(any_future held) {
  auto only = future_access::make<T>(held.state());
  held = any_future();
  if constexpr (std::is_void_v<T>) {
    std::move(only).get();
    return {};
  } else {
    return std::move(only).get();
  }
}

template <class What>
[[nodiscard]] replaced_t<to_value, What> compute_here(graph const& of, What const& what, scheduler where) {
  auto const nodes = nodes_in(what);
  std::size_t next = 0;
  if (where == scheduler::sync) {
    auto values = run_sync(graph_access::body(of), nodes);
    return replace_futures<to_value>(what, [&](auto const& node) {
      return take_value<node_value<decltype(node)>>({std::move(values[next++]), true});
    });
  }
  local_run run(graph_access::body(of), nodes, where);
  auto futures = run.take_futures();
  return replace_futures<to_value>(what, [&](auto const& node) {
    return take_result<typename std::remove_cvref_t<decltype(node)>::value_type>(std::move(futures[next++]));
  });
}

}  // namespace detail

/// `get(graph, node, scheduler::threads)` computes a result on this machine and gives it: of a node the value, of a
/// container of nodes (vector, map, pair, tuple, …) the same of values. Runs what these need and nothing else.
///
/// - What runs the calls is made for the run and ends with it; `threads` and `processes` cost their start each time,
///   `sync` nothing.
/// - Failure: task_error of the first call that failed, with its key, after the others that run have ended; error for a
///   graph that is none (see graph), and for one with futures in it.
/// - Blocks the calling thread; would_deadlock on a thread of a runtime's loop (`sync`: only where a call is a
///   coroutine). Any thread; of one graph by several, while none adds to it.
template <class What>
  requires detail::holds_handles<What>
auto get(graph const& of, What const& what, scheduler where = scheduler::threads) {
  if constexpr (std::is_same_v<What, graph_node<void>>)
    static_cast<void>(detail::compute_here(of, what, where));
  else
    return detail::compute_here(of, what, where);
}

}  // namespace troupe
