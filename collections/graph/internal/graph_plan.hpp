#pragma once

#include <troupe/collections/graph/internal/graph_body.hpp>
#include <troupe/collections/graph/order.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace troupe::detail {

/// What is to run, and in which order, for some results of a graph: nothing that they do not need.
class graph_plan {
 public:
  /// Throws error for a node of another graph, a reference to nothing (naming who needs it), and a circle (naming its
  /// nodes in order).
  graph_plan(graph_body const& graph, std::span<node_ref const> asked);

  [[nodiscard]] graph_body const& graph() const noexcept { return graph_; }
  /// Places of nodes in this plan.
  [[nodiscard]] std::span<std::uint32_t const> order() const noexcept { return order_; }
  [[nodiscard]] std::uint32_t size() const noexcept { return std::uint32_t(nodes_.size()); }
  [[nodiscard]] std::uint32_t node_at(std::uint32_t place) const noexcept { return nodes_[place]; }
  [[nodiscard]] std::uint32_t place_of(std::uint32_t node) const noexcept { return places_[node]; }
  /// Places of what it needs, each once.
  [[nodiscard]] std::span<std::uint32_t const> needs(std::uint32_t place) const noexcept { return calls_.of(place); }
  /// Places of what was asked for, as it was.
  [[nodiscard]] std::span<std::uint32_t const> asked() const noexcept { return asked_; }
  /// How often each place is among the needs of others; one more for each time that it was asked for.
  [[nodiscard]] std::vector<std::uint32_t> count_users() const;

 private:
  void mark(std::uint32_t asked);
  void list_calls();
  [[noreturn]] void throw_undefined(std::uint32_t node) const;
  [[noreturn]] void throw_circle(std::uint32_t node) const;

  enum class mark_of : std::uint8_t { none, on_path, needed };
  struct step {
    std::uint32_t node;
    std::uint32_t next_input;
  };

  graph_body const& graph_;
  std::vector<mark_of> marks_;
  std::vector<step> path_;
  std::vector<std::uint32_t> nodes_, places_, asked_, order_;
  dependency_table calls_;
};

}  // namespace troupe::detail
