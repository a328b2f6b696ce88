#pragma once

#include <troupe/actors/functions/value.hpp>
#include <troupe/net/codec/kinds.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

namespace troupe::detail {

/// The value of a future that is an argument of a call. `last_use`: nobody will ask the store for it any more, so it
/// may be moved out when this is also the only pointer to it.
struct input {
  value_ptr value;
  bool last_use = false;
};

/// Where a future was in a stored argument: the number of its input.
struct slot {
  std::uint32_t index = 0;
  friend std::size_t nbytes(slot const&) noexcept { return 0; }
};

/// The inputs of a call, by slot.
class input_list {
 public:
  explicit input_list(std::span<input const> inputs) noexcept : inputs_(inputs) {}
  /// Throws troupe::error when there is no such input.
  [[nodiscard]] input const& at(slot s) const {
    if (s.index >= inputs_.size() || !inputs_[s.index].value) throw_missing(s);
    return inputs_[s.index];
  }

 private:
  [[noreturn]] void throw_missing(slot s) const;

  std::span<input const> inputs_;
};

/// Values of T can be copied, and so can what is in them: vector<unique_ptr<int>> only claims it.
template <class T, class... Visited>
consteval bool find_copies() {
  if constexpr ((std::is_same_v<T, Visited> || ...))
    return true;
  else if constexpr (!std::is_copy_constructible_v<T>)
    return false;
  else
    return []<class... P>(type_list<P...>) { return (find_copies<P, Visited..., T>() && ...); }(parts_of<T>{});
}
template <class T>
inline constexpr bool copies = find_copies<T>();

[[noreturn]] void throw_input_shared(std::type_info const& type);
[[noreturn]] void throw_argument_not_copyable(std::type_info const& type);

/// The value for a by-value parameter: moved out for its last holder, else copied. Throws future_shared where T cannot
/// be copied and somebody else holds it.
template <class T>
[[nodiscard]] T take_value(input const& from) {
  T& value = value_cast<T>(*from.value);
  if (from.last_use && from.value->sole()) return std::move(value);
  if constexpr (copies<T>)
    return static_cast<T const&>(value);
  else
    throw_input_shared(typeid(T));
}

/// A stored argument for a by-value parameter: moved out when `consume`, else copied, because another attempt would
/// need it again. Throws troupe::error where T cannot be copied.
template <class T>
[[nodiscard]] T take_stored(T& stored, bool consume) {
  if (consume) return std::move(stored);
  if constexpr (copies<T>)
    return static_cast<T const&>(stored);
  else
    throw_argument_not_copyable(typeid(T));
}

}  // namespace troupe::detail
