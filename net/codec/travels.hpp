#pragma once

#include <troupe/net/codec/kinds.hpp>

#include <type_traits>

namespace troupe {
namespace detail {

template <class List, class... Visited>
struct first_obstacle_in;

struct no_obstacle;

/// The first type inside T (T itself included) that has no encoding; no_obstacle when all have one.
template <class T, class... Visited>
consteval auto find_obstacle() {
  if constexpr ((std::is_same_v<T, Visited> || ...))
    return std::type_identity<no_obstacle>{};
  else if constexpr (kind_of<T> == codec_kind::none)
    return std::type_identity<T>{};
  else if constexpr (kind_of<T> == codec_kind::aggregate)
    return std::type_identity<typename first_obstacle_in<parts_of<T>, Visited..., T>::type>{};
  else
    return std::type_identity<typename first_obstacle_in<parts_of<T>, Visited...>::type>{};
}

template <class... Visited>
struct first_obstacle_in<type_list<>, Visited...> {
  using type = no_obstacle;
};
template <class First, class... Rest, class... Visited>
struct first_obstacle_in<type_list<First, Rest...>, Visited...> {
  using here = typename decltype(find_obstacle<First, Visited...>())::type;
  using type =
      typename std::conditional_t<std::is_same_v<here, no_obstacle>, first_obstacle_in<type_list<Rest...>, Visited...>,
                                  std::type_identity<here>>::type;
};

template <class T>
using obstacle = typename decltype(find_obstacle<T>())::type;

/// True when a local<…> is inside T: it must not leave its process.
template <class T, class... Visited>
consteval bool find_local() {
  if constexpr ((std::is_same_v<T, Visited> || ...))
    return false;
  else if constexpr (kind_of<T> == codec_kind::local)
    return true;
  else if constexpr (kind_of<T> == codec_kind::aggregate)
    return []<class... P>(type_list<P...>) { return (find_local<P, Visited..., T>() || ...); }(parts_of<T>{});
  else
    return []<class... P>(type_list<P...>) { return (find_local<P, Visited...>() || ...); }(parts_of<T>{});
}

template <class T>
inline constexpr bool holds_local = find_local<T>();

}  // namespace detail

/// Values of T can be written as bytes and read back as equal values: numbers, enums, strings, paths, standard
/// containers, optional, variant, pair, tuple, unique_ptr of a complete type, chrono, complex, aggregates of such, and
/// types with hooks of their own (hooks.hpp). Pointers, references, views, functions and futures do not travel.
/// `local<T>` counts as travelling: it is checked when a task is submitted.
template <class T>
concept travels = std::is_same_v<detail::obstacle<T>, detail::no_obstacle>;

}  // namespace troupe
