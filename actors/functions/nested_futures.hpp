#pragma once

#include <troupe/actors/functions/input.hpp>
#include <troupe/futures/future.hpp>
#include <troupe/net/codec/kinds.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

/// Futures inside an argument: found, taken out, and later replaced by their values. The walk at submit numbers them:
/// the k-th future met is the k-th input of the call, whatever order containers of the stored argument have. Looks into
/// vector, deque, list, array, map (values), optional, pair and tuple; not into structs.
namespace troupe::detail {

/// Specialised for what a collection names a result by, with `value`, the result's type. Among the arguments of the
/// collection's calls such a handle is what a future is among those of a client's.
template <class A>
struct result_handle {
  static constexpr bool known = false;
};

template <class A>
inline constexpr bool stands_for_value = is_future<A>::value || result_handle<A>::known;

template <bool OnlyHandles, class A>
consteval bool find_futures() {
  using enum codec_kind;
  if constexpr (stands_for_value<A>) {
    return !OnlyHandles || result_handle<A>::known;
  } else {
    constexpr codec_kind k = kind_of<A>;
    if constexpr (k == sequence || k == array || k == optional)
      return find_futures<OnlyHandles, typename A::value_type>();
    else if constexpr (k == map)
      return find_futures<OnlyHandles, typename A::mapped_type>();
    else if constexpr (k == tuple)
      return []<class... E>(type_list<E...>) { return (find_futures<OnlyHandles, E>() || ...); }(parts_of<A>{});
    else
      return false;
  }
}

/// A is a future or a handle, or a container of such.
template <class A>
inline constexpr bool holds_futures = find_futures<false, A>();
template <class A>
inline constexpr bool holds_handles = find_futures<true, A>();

struct to_value {
  template <class T>
  using leaf = stored_t<T>;
};
struct to_future {
  template <class T>
  using leaf = future<T>;
};
struct to_slot {
  template <class>
  using leaf = slot;
};

/// A with each future<T>, or handle of a T, in it replaced by Policy::leaf<T>.
template <class Policy, class A>
struct replaced {
  using type = A;
};
template <class Policy, class A>
using replaced_t = typename replaced<Policy, A>::type;

template <class Policy, class T>
struct replaced<Policy, future<T>> {
  using type = typename Policy::template leaf<T>;
};
template <class Policy, class A>
  requires result_handle<A>::known
struct replaced<Policy, A> {
  using type = typename Policy::template leaf<typename result_handle<A>::value>;
};
template <class Policy, template <class...> class C, class E, class... Rest>
  requires(holds_futures<C<E, Rest...>> &&
           (kind_of<C<E, Rest...>> == codec_kind::sequence || kind_of<C<E, Rest...>> == codec_kind::optional))
struct replaced<Policy, C<E, Rest...>> {
  using type = C<replaced_t<Policy, E>>;
};
template <class Policy, template <class, std::size_t> class C, class E, std::size_t N>
  requires holds_futures<C<E, N>>
struct replaced<Policy, C<E, N>> {
  using type = C<replaced_t<Policy, E>, N>;
};
template <class Policy, template <class...> class C, class K, class M, class... Rest>
  requires(holds_futures<C<K, M, Rest...>> && kind_of<C<K, M, Rest...>> == codec_kind::map)
struct replaced<Policy, C<K, M, Rest...>> {
  static auto find() {
    using map = C<K, M, Rest...>;
    if constexpr (requires { typename map::hasher; })
      return std::type_identity<C<K, replaced_t<Policy, M>, typename map::hasher, typename map::key_equal>>{};
    else
      return std::type_identity<C<K, replaced_t<Policy, M>, typename map::key_compare>>{};
  }
  using type = typename decltype(find())::type;
};
template <class Policy, template <class...> class C, class... E>
  requires(holds_futures<C<E...>> && kind_of<C<E...>> == codec_kind::tuple)
struct replaced<Policy, C<E...>> {
  using type = C<replaced_t<Policy, E>...>;
};

/// A with futures in place of handles.
template <class A>
struct handles_as_futures {
  using type = A;
};
template <class A>
  requires holds_handles<std::remove_cvref_t<A>>
struct handles_as_futures<A> {
  using type = replaced_t<to_future, std::remove_cvref_t<A>>;
};
template <class A>
using handles_as_futures_t = typename handles_as_futures<A>::type;

[[noreturn]] void throw_empty_future_argument();

/// What a future that is an argument waits for. Throws future_invalid for an empty one.
template <class T>
[[nodiscard]] intrusive_ptr<state_base> const& input_state(future<T> const& f) {
  auto const& state = future_access::state(f);
  if (!state) throw_empty_future_argument();
  return state;
}

/// Calls `f` for each future and handle in `argument`, in walk order.
template <class A, class F>
void for_each_future(A const& argument, F&& f) {
  using enum codec_kind;
  if constexpr (stands_for_value<A>) {
    f(argument);
  } else if constexpr (holds_futures<A>) {
    constexpr codec_kind k = kind_of<A>;
    if constexpr (k == sequence || k == array) {
      for (auto const& element : argument) for_each_future(element, f);
    } else if constexpr (k == map) {
      for (auto const& entry : argument) for_each_future(entry.second, f);
    } else if constexpr (k == optional) {
      if (argument.has_value()) for_each_future(*argument, f);
    } else {
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        using std::get;
        (for_each_future(get<I>(argument), f), ...);
      }(std::make_index_sequence<std::tuple_size_v<A>>{});
    }
  }
}

/// `argument` with `leaf(f)`, a Policy::leaf<T>, in place of each future<T> or handle f in walk order; the rest is
/// moved out of an rvalue.
template <class Policy, class A, class F>
replaced_t<Policy, std::remove_cvref_t<A>> replace_futures(A&& argument, F&& leaf) {
  using enum codec_kind;
  using source = std::remove_cvref_t<A>;
  using target = replaced_t<Policy, source>;
  constexpr codec_kind k = kind_of<source>;
  if constexpr (stands_for_value<source>) {
    return leaf(argument);
  } else if constexpr (!holds_futures<source>) {
    return std::forward<A>(argument);
  } else if constexpr (k == sequence) {
    target result;
    for (auto& element : argument) {
      if constexpr (std::is_lvalue_reference_v<A>)
        result.push_back(replace_futures<Policy>(element, leaf));
      else
        result.push_back(replace_futures<Policy>(std::move(element), leaf));
    }
    return result;
  } else if constexpr (k == map) {
    target result;
    for (auto const& entry : argument)
      result.emplace_hint(result.end(), entry.first, replace_futures<Policy>(entry.second, leaf));
    return result;
  } else if constexpr (k == optional) {
    if (!argument.has_value()) return {};
    return target(replace_futures<Policy>(*std::forward<A>(argument), leaf));
  } else {
    // Braces: the elements are walked in their order.
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      using std::get;
      // NOLINTNEXTLINE(bugprone-use-after-move): each element is moved from once
      return target{replace_futures<Policy>(get<I>(std::forward<A>(argument)), leaf)...};
    }(std::make_index_sequence<std::tuple_size_v<source>>{});
  }
}

/// The same with slots, numbered from `next` on.
template <class A>
replaced_t<to_slot, std::remove_cvref_t<A>> without_futures(A&& argument, std::uint32_t& next) {
  return replace_futures<to_slot>(std::forward<A>(argument), [&next](auto const&) { return slot{next++}; });
}

/// The values for a stored argument that was A before. `consume`: the stored parts may be moved from.
template <class A, class Stored>
replaced_t<to_value, A> materialise(Stored& stored, input_list inputs, bool consume) {
  using enum codec_kind;
  using target = replaced_t<to_value, A>;
  if constexpr (is_future<A>::value) {
    return take_value<target>(inputs.at(stored));
  } else if constexpr (!holds_futures<A>) {
    return take_stored(stored, consume);
  } else {
    constexpr codec_kind k = kind_of<A>;
    if constexpr (k == sequence) {
      target result;
      if constexpr (requires { result.reserve(stored.size()); }) result.reserve(stored.size());
      for (auto& element : stored) result.push_back(materialise<typename A::value_type>(element, inputs, consume));
      return result;
    } else if constexpr (k == map) {
      target result;
      for (auto& entry : stored)
        result.emplace_hint(result.end(), entry.first,
                            materialise<typename A::mapped_type>(entry.second, inputs, consume));
      return result;
    } else if constexpr (k == optional) {
      if (!stored.has_value()) return {};
      return target(materialise<typename A::value_type>(*stored, inputs, consume));
    } else {
      return [&]<std::size_t... I>(std::index_sequence<I...>) {
        using std::get;
        return target{materialise<std::tuple_element_t<I, A>>(get<I>(stored), inputs, consume)...};
      }(std::make_index_sequence<std::tuple_size_v<A>>{});
    }
  }
}

}  // namespace troupe::detail
