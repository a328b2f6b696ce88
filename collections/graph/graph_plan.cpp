#include <troupe/collections/graph/internal/graph_plan.hpp>

#include <troupe/futures/errors.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace troupe::detail {

graph_plan::graph_plan(graph_body const& graph, std::span<node_ref const> asked)
    : graph_(graph), marks_(graph.size(), mark_of::none) {
  for (auto node : asked) asked_.push_back(graph.own(node));
  for (auto node : asked_) mark(node);
  list_calls();
  for (auto& node : asked_) node = places_[node];
  order_ = static_order(calls_, asked_);
}

void graph_plan::mark(std::uint32_t asked) {
  auto enter = [this](std::uint32_t node) {
    if (marks_[node] == mark_of::needed) return;
    if (marks_[node] == mark_of::on_path) throw_circle(node);
    if (graph_.at(node).kind == graph_body::kind::undefined) throw_undefined(node);
    marks_[node] = mark_of::on_path;
    path_.push_back({node, 0});
  };
  enter(asked);
  while (!path_.empty()) {
    auto& at = path_.back();
    auto const inputs = graph_.inputs(at.node);
    if (at.next_input < inputs.size()) {
      enter(inputs[at.next_input++]);
    } else {
      marks_[at.node] = mark_of::needed;
      path_.pop_back();
    }
  }
}

void graph_plan::list_calls() {
  places_.resize(graph_.size());
  for (std::uint32_t node = 0; node < graph_.size(); ++node) {
    if (marks_[node] != mark_of::needed) continue;
    places_[node] = std::uint32_t(nodes_.size());
    nodes_.push_back(node);
  }
  calls_.first.reserve(nodes_.size() + 1);
  // The last one that was seen to need a place.
  std::vector<std::uint32_t> seen(nodes_.size(), size());
  for (std::uint32_t place = 0; place < size(); ++place) {
    for (auto input : graph_.inputs(nodes_[place])) {
      auto const need = places_[input];
      if (std::exchange(seen[need], place) != place) calls_.needs.push_back(need);
    }
    calls_.first.push_back(std::uint32_t(calls_.needs.size()));
  }
}

std::vector<std::uint32_t> graph_plan::count_users() const {
  std::vector<std::uint32_t> users(size(), 0);
  for (auto need : calls_.needs) ++users[need];
  for (auto place : asked_) ++users[place];
  return users;
}

void graph_plan::throw_undefined(std::uint32_t node) const {
  auto const wanted = path_.empty() ? std::string("it is asked for") : graph_.name(path_.back().node) + " needs it";
  throw error(fmt::format("the graph has no '{}': there is only a reference to it, and {}", graph_.name(node), wanted));
}

void graph_plan::throw_circle(std::uint32_t node) const {
  auto const begin = std::find_if(path_.begin(), path_.end(), [node](step const& s) { return s.node == node; });
  constexpr std::ptrdiff_t most = 20;
  auto const nodes = path_.end() - begin;
  std::string circle;
  for (auto at = begin; at != path_.end(); ++at) {
    if (at - begin == most && nodes > most + 1) {
      circle += fmt::format("… ({} more) -> ", nodes - most);
      break;
    }
    circle += graph_.name(at->node) + " -> ";
  }
  throw error("the graph has a cycle, in which each needs the next: " + circle + graph_.name(node));
}

}  // namespace troupe::detail
