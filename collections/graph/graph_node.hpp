#pragma once

#include <troupe/actors/functions/nested_futures.hpp>

#include <cstdint>

namespace troupe {

class graph;
template <class T>
class graph_node;

namespace detail {

/// A node of a graph: the graph's number and the node's in it. 0 is no graph's number.
struct node_ref {
  std::uint32_t graph = 0;
  std::uint32_t node = 0;
  friend bool operator==(node_ref, node_ref) = default;
};

struct graph_access;

template <class T>
struct result_handle<graph_node<T>> {
  static constexpr bool known = true;
  using value = T;
};

}  // namespace detail

/// Names a result of a graph, a T, which is not computed by being named. An argument of other calls of the graph, alone
/// or in containers. As cheap as an integer; does not keep the graph.
template <class T>
class graph_node {
 public:
  using value_type = T;

  /// Of no graph.
  graph_node() noexcept = default;
  [[nodiscard]] bool valid() const noexcept { return ref_.graph != 0; }
  friend bool operator==(graph_node, graph_node) = default;

 private:
  friend graph;
  friend detail::graph_access;
  explicit graph_node(detail::node_ref ref) noexcept : ref_(ref) {}

  detail::node_ref ref_;
};

}  // namespace troupe
