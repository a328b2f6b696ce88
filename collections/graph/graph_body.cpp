#include <troupe/collections/graph/internal/graph_body.hpp>

#include <troupe/net/codec/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <utility>

namespace troupe::detail {
namespace {

std::uint32_t next_number() {
  static std::atomic<std::uint32_t> last{0};
  return ++last;
}

/// Whether they are the same when they travel.
bool have_equal_arguments(call_base const& a, call_base const& b) {
  auto equal = [](buffer const& left, buffer const& right) { return std::ranges::equal(left.bytes(), right.bytes()); };
  try {
    auto left = a.pack(), right = b.pack();
    return equal(left.head, right.head) && std::ranges::equal(left.attachments, right.attachments, equal);
  } catch (codec_error const&) {
    return false;
  }
}

/// Null are the defaults.
bool say_the_same(task_options const* a, task_options const* b) {
  if (a == b) return true;
  task_options const defaults;
  return (a ? *a : defaults) == (b ? *b : defaults);
}

}  // namespace

graph_body::graph_body() : number_(next_number()) {}

std::uint32_t graph_body::named(std::string_view key) {
  auto id = std::uint32_t(nodes_.size());
  if (key.empty()) {
    nodes_.emplace_back();
    return id;
  }
  if (auto known = keys_.find(key); known != keys_.end()) return known->second;
  nodes_.emplace_back().key = &keys_.emplace(key, id).first->first;
  return id;
}

std::uint32_t graph_body::refer(std::string_view key, std::type_info const& type) {
  if (key.empty()) throw error("a reference needs the key of what it refers to");
  auto id = named(key);
  auto& node = nodes_[id];
  if (!node.type) node.type = &type;
  if (*node.type != type)
    throw error(fmt::format("'{}' is referred to as a result of type {}, and is one of type {}", key,
                            readable_type_name(type.name()), readable_type_name(node.type->name())));
  return id;
}

std::uint32_t graph_body::add(std::string_view key, kind what, call_ptr call, std::uint32_t options) {
  auto id = named(key);
  auto& node = nodes_[id];
  if (node.kind != kind::undefined) {
    if (!is_same(node, what, *call, options)) throw_other_call(node, what, *call);
    return id;
  }
  auto const& type = *call->function().result;
  if (node.type && *node.type != type)
    throw error(fmt::format("'{}' is referred to as a result of type {}, and is one of type {}: {}", key,
                            readable_type_name(node.type->name()), readable_type_name(type.name()),
                            describe(what, call.get(), taken_)));
  node.type = &type;
  node.kind = what;
  node.call = std::move(call);
  node.options = options;
  node.first_input = std::uint32_t(inputs_.size());
  node.inputs = std::uint32_t(taken_.size());
  inputs_.insert(inputs_.end(), taken_.begin(), taken_.end());
  return id;
}

void graph_body::take(any_future result, std::type_info const& type) {
  auto [known, is_new] = known_futures_.try_emplace(result.state().get(), std::uint32_t(nodes_.size()));
  auto id = known->second;
  if (is_new) {
    auto& node = nodes_.emplace_back();
    node.kind = kind::future;
    node.type = &type;
    futures_.emplace(id, std::move(result));
  }
  taken_.push_back(id);
}

std::uint32_t graph_body::add_options(task_options options) {
  options_.push_back(std::make_shared<task_options const>(std::move(options)));
  return std::uint32_t(options_.size() - 1);
}

std::string graph_body::name(std::uint32_t id) const {
  auto const& node = nodes_[id];
  if (node.key) return *node.key;
  if (node.kind == kind::future) return futures_.at(id).state()->key();
  return make_key(node.call->function(), id);
}

std::uint32_t graph_body::own(node_ref node) const {
  if (node.graph == number_) return node.node;
  throw error(node.graph == 0 ? "a node of no graph (default-constructed) is used as one of this graph"
                              : "a node of another graph is used as one of this graph: add its call here as well");
}

bool graph_body::is_same(entry const& known, kind what, call_base const& call, std::uint32_t options) const {
  auto const inputs = std::span(inputs_).subspan(known.first_input, known.inputs);
  return known.kind == what && say_the_same(options_[known.options].get(), options_[options].get()) &&
         &known.call->function() == &call.function() && std::ranges::equal(inputs, taken_) &&
         have_equal_arguments(*known.call, call);
}

std::string graph_body::describe(kind what, call_base const* call, std::span<std::uint32_t const> inputs) const {
  constexpr std::size_t most = 5;
  if (what == kind::value) return "a value of type " + readable_type_name(call->function().result->name());
  std::string text = "a call of " + call->function().short_name;
  for (std::size_t i = 0; i < inputs.size() && i <= most; ++i)
    text += (i == 0 ? " on " : ", ") + (i == most ? std::string("…") : name(inputs[i]));
  return text;
}

void graph_body::throw_other_call(entry const& known, kind what, call_base const& call) const {
  auto const inputs = std::span(inputs_).subspan(known.first_input, known.inputs);
  auto first = describe(known.kind, known.call.get(), inputs), second = describe(what, &call, taken_);
  if (first == second) second = what == kind::value ? "another one" : "the same with other arguments or options";
  throw error(fmt::format("the key '{}' means two things: {}, and {}", *known.key, first, second));
}

}  // namespace troupe::detail
