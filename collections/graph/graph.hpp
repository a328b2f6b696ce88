#pragma once

#include <troupe/actors/client/data.hpp>
#include <troupe/actors/client/task_options.hpp>
#include <troupe/actors/functions/typed_call.hpp>
#include <troupe/collections/graph/check_graph_call.hpp>
#include <troupe/collections/graph/graph_node.hpp>
#include <troupe/futures/future.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace troupe {
namespace detail {
class graph_body;
}

/// Calls that take each other's results, and none of which runs before somebody asks for one: `get` runs them here,
/// `client.compute(graph, node)` on a cluster; either runs what the asked results need and nothing else. A graph can be
/// computed any number of times.
///
///     troupe::graph g;
///     auto one = g.value("one", 1);
///     auto two = g.call<inc>("two", one);
///     troupe::get(g, two, troupe::scheduler::threads);
///
/// - A key names a node in errors and, on a cluster, its task: see task_options::key. Without one, one is made. A key
///   means one call: giving it again to an equal one gives the same node.
/// - Arguments are those of client::submit, with nodes of this graph in place of futures; futures, too, for a graph
///   that is computed by their client. A call may run several times, so arguments that cannot be copied must be taken
///   by const reference. What compiles and what does not is the same, and said in the same words.
/// - Failure: error for a key that means two calls, a reference of another type than what it refers to, a node of
///   another graph; when it is computed, for references to nothing and for circles.
/// - Copies share the calls. One thread at a time adds to a graph; it may be computed by several, while none adds.
class graph {
 public:
  graph();

  /// A value that is there from the start. It is not copied, but moved from an rvalue, and shared by what takes it by
  /// const reference.
  template <class V>
  auto value(std::string_view key, V&& value) {
    using T = detail::kept_t<V>;
    if constexpr (detail::check_travels<T>())
      return graph_node<T>(
          add_value(key, detail::scatter_function<T>(),
                    detail::value_ptr(new detail::value_box<T>(std::in_place, detail::keep(std::forward<V>(value))))));
    else
      return graph_node<T>();
  }
  template <class V>
  auto value(V&& value) {
    return this->value(std::string_view(), std::forward<V>(value));
  }

  /// `call<f>("key", arguments…)`, `call<f>(arguments…)`: the call of a function, static member or member function.
  template <auto Function, class... Args>
  auto call(Args&&... arguments) {
    using callable = detail::function_tag<Function>;
    if constexpr (begins_with_key<callable, Args...>())
      return add_keyed(callable(), std::forward<Args>(arguments)...);
    else
      return add(std::string_view(), callable(), std::forward<Args>(arguments)...);
  }
  /// `call("key", lambda, arguments…)`, `call(lambda, arguments…)`: of a lambda without captures, or of an object with
  /// a const operator() whose state can travel.
  template <class First, class... Rest>
  auto call(First&& first, Rest&&... rest) {
    if constexpr (std::convertible_to<First, std::string_view>)
      return add(first, std::forward<Rest>(rest)...);
    else
      return add(std::string_view(), std::decay_t<First>(std::forward<First>(first)), std::forward<Rest>(rest)...);
  }

  /// The node of this key, which may be added later.
  template <class T>
  [[nodiscard]] graph_node<T> ref(std::string_view key) {
    return graph_node<T>(refer(key, typeid(detail::stored_t<T>)));
  }

  /// The same graph with options for the calls that are added through the copy, on top of those that this one has:
  /// `auto on_gpu = g.with(task_options{}.resource("GPU")); on_gpu.call<train>(data);`. Throws error for options with a
  /// key. Local runs pass over `workers`, and have as much of a resource as one call wants.
  [[nodiscard]] graph with(task_options const& options) const;

  /// Nodes, those that are only referred to included.
  [[nodiscard]] std::size_t size() const noexcept;
  /// As errors name it. Throws error for a node of another graph.
  template <class T>
  [[nodiscard]] std::string key(graph_node<T> of) const {
    return key_of(of.ref_);
  }

 private:
  friend detail::graph_access;

  /// Whether a first argument is left over for the key.
  template <class Callable, class... Args>
  static consteval bool begins_with_key() {
    if constexpr (!detail::signature_of<Callable>::valid || sizeof...(Args) == 0)
      return false;
    else if constexpr (sizeof...(Args) != detail::signature_of<Callable>::parameters::size + 1)
      return false;
    else
      return []<class First, class... Rest>(detail::type_list<First, Rest...>) {
        return std::convertible_to<First, std::string_view>;
      }(detail::type_list<Args...>{});
  }
  template <class Callable, class Key, class... Args>
  auto add_keyed(Callable callable, Key&& key, Args&&... arguments) {
    return add(key, std::move(callable), std::forward<Args>(arguments)...);
  }
  template <class Callable, class... Args>
  auto add(std::string_view key, Callable callable, Args&&... arguments) {
    using value = detail::call_value<Callable>;
    if constexpr (detail::check_graph_call<Callable, Args...>()) {
      begin_call();
      [[maybe_unused]] auto take = [&self = *this](auto const& argument) { self.take_input(argument); };
      (detail::for_each_future(arguments, take), ...);
      return graph_node<value>(add_call(key, detail::make_call(std::move(callable), std::forward<Args>(arguments)...)));
    } else {
      return graph_node<value>();
    }
  }

  template <class T>
  void take_input(graph_node<T> const& node) {
    take_node(node.ref_);
  }
  template <class T>
  void take_input(future<T> const& result) {
    take_future(detail::any_future(detail::input_state(result)), typeid(detail::stored_t<T>));
  }

  void begin_call();
  void take_node(detail::node_ref node);
  void take_future(detail::any_future result, std::type_info const& type);
  [[nodiscard]] detail::node_ref add_call(std::string_view key, detail::call_ptr call);
  [[nodiscard]] detail::node_ref add_value(std::string_view key, detail::function_info const& function,
                                           detail::value_ptr value);
  [[nodiscard]] detail::node_ref refer(std::string_view key, std::type_info const& type);
  [[nodiscard]] std::string key_of(detail::node_ref node) const;

  std::shared_ptr<detail::graph_body> body_;
  std::uint32_t options_ = 0;
};

/// For what computes graphs.
struct detail::graph_access {
  [[nodiscard]] static graph_body const& body(graph const& g) noexcept { return *g.body_; }
  template <class T>
  [[nodiscard]] static node_ref ref(graph_node<T> node) noexcept {
    return node.ref_;
  }
};

}  // namespace troupe
