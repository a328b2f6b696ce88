#pragma once

#include <troupe/actors/client/task_options.hpp>
#include <troupe/actors/functions/call.hpp>
#include <troupe/collections/graph/graph_node.hpp>
#include <troupe/futures/future.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <typeinfo>
#include <unordered_map>
#include <vector>

namespace troupe::detail {

/// The nodes of a graph, by number, in the order in which they were first named.
class graph_body {
 public:
  enum class kind : std::uint8_t { undefined, value, call, future };

  struct entry {
    /// Of a value, too; null for undefined ones and futures.
    call_ptr call;
    std::type_info const* type = nullptr;
    /// Null for a key that was made.
    std::string const* key = nullptr;
    std::uint32_t first_input = 0;
    std::uint32_t inputs = 0;
    std::uint32_t options = 0;
    graph_body::kind kind = kind::undefined;
  };

  graph_body();

  /// Tells graphs of a program apart.
  [[nodiscard]] std::uint32_t number() const noexcept { return number_; }

  // ---- building

  void begin_call() noexcept { taken_.clear(); }
  /// What the call that was begun takes, in the order of its gaps.
  void take(std::uint32_t node) { taken_.push_back(node); }
  void take(any_future result, std::type_info const& type);
  /// Throws error where the key means something else, or is referred to as something else.
  [[nodiscard]] std::uint32_t add(std::string_view key, kind what, call_ptr call, std::uint32_t options);
  [[nodiscard]] std::uint32_t refer(std::string_view key, std::type_info const& type);
  [[nodiscard]] std::uint32_t add_options(task_options options);

  // ---- reading

  [[nodiscard]] std::uint32_t size() const noexcept { return std::uint32_t(nodes_.size()); }
  [[nodiscard]] entry const& at(std::uint32_t node) const noexcept { return nodes_[node]; }
  /// With repetitions, in the order of the call's gaps.
  [[nodiscard]] std::span<std::uint32_t const> inputs(std::uint32_t node) const noexcept {
    return std::span(inputs_).subspan(nodes_[node].first_input, nodes_[node].inputs);
  }
  /// Null for the defaults.
  [[nodiscard]] std::shared_ptr<task_options const> const& options(std::uint32_t node) const noexcept {
    return options_[nodes_[node].options];
  }
  [[nodiscard]] std::vector<std::shared_ptr<task_options const>> const& all_options() const noexcept {
    return options_;
  }
  [[nodiscard]] any_future const& future_of(std::uint32_t node) const { return futures_.at(node); }
  /// The key, or what people see in its place.
  [[nodiscard]] std::string name(std::uint32_t node) const;
  /// The number of `node` in this graph. Throws error for a node of another one.
  [[nodiscard]] std::uint32_t own(node_ref node) const;

 private:
  struct hash {
    using is_transparent = void;
    [[nodiscard]] std::size_t operator()(std::string_view key) const noexcept {
      return std::hash<std::string_view>()(key);
    }
  };

  /// The node of this key, a new one where there is none; of its own for no key.
  [[nodiscard]] std::uint32_t named(std::string_view key);
  [[nodiscard]] bool is_same(entry const& known, kind what, call_base const& call, std::uint32_t options) const;
  [[noreturn]] void throw_other_call(entry const& known, kind what, call_base const& call) const;
  [[nodiscard]] std::string describe(kind what, call_base const* call, std::span<std::uint32_t const> inputs) const;

  std::uint32_t const number_;
  std::vector<entry> nodes_;
  std::vector<std::uint32_t> inputs_;
  std::vector<std::uint32_t> taken_;
  std::unordered_map<std::string, std::uint32_t, hash, std::equal_to<>> keys_;
  std::vector<std::shared_ptr<task_options const>> options_{nullptr};
  std::unordered_map<std::uint32_t, any_future> futures_;
  std::unordered_map<state_base const*, std::uint32_t> known_futures_;
};

}  // namespace troupe::detail
