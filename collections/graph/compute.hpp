#pragma once

#include <troupe/actors/client/client.hpp>
#include <troupe/collections/graph/get.hpp>
#include <troupe/collections/graph/graph.hpp>
#include <troupe/collections/graph/run_graph.hpp>

#include <cstddef>
#include <tuple>
#include <type_traits>

namespace troupe {

/// `client.compute(graph, node)` computes a result on a cluster: of a node its future, of a container of nodes the same
/// of futures, of several arguments a tuple. What these need is submitted, in the order in which it is best run, while
/// the first of it runs already; what only the graph needs is let go as soon as it was used.
///
/// - Options: those of the client, and over them those of the calls (graph::with).
/// - Failure: error for a graph that is none (see graph); of a call, the futures of what needs it fail with its error.
/// - Cancellation: when the last future that needs a call goes before it ran, it is not run.
/// - Never blocks. Any thread.
template <class First, class... Rest>
  requires(detail::holds_handles<First> && (detail::holds_handles<Rest> && ...))
[[nodiscard]] auto compute_on(client const& here, graph const& of, First const& first, Rest const&... rest) {
  auto const futures = detail::submit_graph(detail::graph_access::body(of), detail::nodes_in(first, rest...), here);
  std::size_t next = 0;
  auto take = [&](auto const& node) {
    return detail::future_access::make<typename std::remove_cvref_t<decltype(node)>::value_type>(
        futures[next++].state());
  };
  if constexpr (sizeof...(Rest) == 0)
    return detail::replace_futures<detail::to_future>(first, take);
  else  // Braces: from left to right.
    return std::tuple<detail::replaced_t<detail::to_future, First>, detail::replaced_t<detail::to_future, Rest>...>{
        detail::replace_futures<detail::to_future>(first, take),
        detail::replace_futures<detail::to_future>(rest, take)...};
}

}  // namespace troupe
