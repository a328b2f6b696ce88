#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace troupe::detail {

/// How a parameter takes its argument; the refused forms name the reason.
enum class passing { by_value, by_const_reference, as_view, refused_reference, refused_pointer, refused_view };

template <class P>
struct view_parameter {
  static constexpr bool is_view = false;
  static constexpr bool read_only = true;
};
template <class C, class Traits>
struct view_parameter<std::basic_string_view<C, Traits>> {
  static constexpr bool is_view = true;
  static constexpr bool read_only = true;
  using owner = std::basic_string<C, Traits>;
};
template <class T, std::size_t N>
struct view_parameter<std::span<T, N>> {
  static constexpr bool is_view = true;
  static constexpr bool read_only = std::is_const_v<T> && N == std::dynamic_extent;
  using owner = std::vector<std::remove_const_t<T>>;
};

/// The type under which an argument for parameter P is stored and travels: no reference; `string_view` and
/// `span<T const>` are kept as `string` and `vector<T>`.
template <class P>
struct parameter {
  using value = std::remove_cvref_t<P>;
  static constexpr passing how = [] {
    if constexpr (std::is_pointer_v<value> || std::is_null_pointer_v<value> || std::is_member_pointer_v<value>)
      return passing::refused_pointer;
    else if constexpr (!std::is_reference_v<P>)
      return passing::by_value;
    else if constexpr (std::is_lvalue_reference_v<P> && std::is_const_v<std::remove_reference_t<P>>)
      return passing::by_const_reference;
    else
      return passing::refused_reference;
  }();
};
template <class P>
  requires view_parameter<std::remove_cvref_t<P>>::is_view
struct parameter<P> {
  using view = std::remove_cvref_t<P>;
  using value = typename view_parameter<view>::owner;
  static constexpr passing how = [] {
    if constexpr (!view_parameter<view>::read_only)
      return passing::refused_view;
    else if constexpr (!std::is_reference_v<P> || std::is_const_v<std::remove_reference_t<P>>)
      return passing::as_view;
    else
      return passing::refused_reference;
  }();
};

template <class P>
using parameter_value = typename parameter<P>::value;

/// A plain argument of type A (with its reference) can be stored for P.
template <class P, class A>
consteval bool find_converts() {
  if constexpr (std::is_convertible_v<A, parameter_value<P>>)
    return true;
  else if constexpr (parameter<P>::how == passing::as_view)
    return std::is_convertible_v<A, typename parameter<P>::view>;
  else
    return false;
}
template <class P, class A>
inline constexpr bool converts = find_converts<P, A>();

template <class P, class A>
parameter_value<P> convert_argument(A&& argument) {
  if constexpr (std::is_convertible_v<A, parameter_value<P>>) {
    return static_cast<A&&>(argument);
  } else {
    typename parameter<P>::view view = static_cast<A&&>(argument);
    return parameter_value<P>(view.begin(), view.end());
  }
}

}  // namespace troupe::detail
