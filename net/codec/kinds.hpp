#pragma once

#include <troupe/net/buffer.hpp>
#include <troupe/net/codec/fields.hpp>
#include <troupe/net/codec/hooks.hpp>
#include <troupe/net/codec/local.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

/// Which of the forms of the codec a type has. Library types are recognised by what they offer, so that no header of
/// theirs is needed here and look-alikes (boost's flat containers) travel too.
namespace troupe::detail {

enum class codec_kind {
  none,
  hook,
  local,
  boolean,
  integer,
  floating,
  enumeration,
  string,
  shared_bytes,  // buffer
  path,
  bits,      // vector<bool>
  run,       // contiguous arithmetic elements of a variable number
  sequence,  // vector, deque, list
  array,     // std::array
  map,
  set,
  optional,
  owner,  // unique_ptr
  variant,
  tuple,
  duration,
  time_point,
  complex,
  aggregate,
};

template <class T>
concept fixed_width_integer = std::integral<T> && !std::same_as<T, bool> && sizeof(T) <= 8;
template <class T>
concept fixed_width_float = std::same_as<T, float> || std::same_as<T, double>;
template <class T>
concept run_element =
    (fixed_width_integer<T> || fixed_width_float<T> || std::same_as<T, std::byte>) && !std::is_const_v<T>;

template <class T>
concept sized_range_like = requires(T& range, T const& fixed) {
  typename T::value_type;
  { fixed.size() } -> std::convertible_to<std::size_t>;
  fixed.begin() != fixed.end();
};
template <class T>
concept string_like = std::same_as<T, std::basic_string<char, typename T::traits_type, typename T::allocator_type>> ||
                      std::same_as<T, std::basic_string<char8_t, typename T::traits_type, typename T::allocator_type>>;
template <class T>
concept path_like = requires(T const& path) {
  T::preferred_separator;
  { path.native() } -> std::same_as<std::string const&>;
};
template <class T>
concept array_like = sized_range_like<T> && requires { std::tuple_size<T>::value; };
template <class T>
concept sequence_like = sized_range_like<T> && requires(T& range, typename T::value_type&& value) {
  range.clear();
  range.push_back(std::move(value));
};
template <class T>
concept map_like = sized_range_like<T> && requires {
  typename T::key_type;
  typename T::mapped_type;
};
template <class T>
concept set_like = sized_range_like<T> && requires { typename T::key_type; } && !map_like<T>;
template <class T>
concept optional_like = requires(T& value) {
  typename T::value_type;
  { value.has_value() } -> std::same_as<bool>;
  { *value } -> std::same_as<typename T::value_type&>;
  value.reset();
};
template <class T>
concept owner_like = requires(T& pointer) {
  typename T::element_type;
  typename T::deleter_type;
  { *pointer } -> std::same_as<typename T::element_type&>;
  { pointer.release() } -> std::same_as<typename T::element_type*>;
} && std::is_empty_v<typename T::deleter_type> && !std::is_polymorphic_v<typename T::element_type>;
template <class T>
concept duration_like = requires(T const& value) {
  typename T::rep;
  typename T::period;
  { value.count() } -> std::same_as<typename T::rep>;
};
template <class T>
concept time_point_like = requires(T const& value) {
  typename T::clock;
  { value.time_since_epoch() } -> std::same_as<typename T::duration>;
};
template <class T>
concept complex_like = requires(T const& value) {
  requires fixed_width_float<typename T::value_type>;
  { value.real() } -> std::same_as<typename T::value_type>;
  { value.imag() } -> std::same_as<typename T::value_type>;
};
template <class T>
concept tuple_like = requires { std::tuple_size<T>::value; };

template <class T>
struct variant_alternatives {
  static constexpr bool exist = false;
};
template <template <class...> class V, class... T>
  requires requires(V<T...> const& v) {
    { v.valueless_by_exception() } -> std::same_as<bool>;
    v.index();
  }
struct variant_alternatives<V<T...>> {
  static constexpr bool exist = true;
  using type = type_list<T...>;
};

template <class T>
inline constexpr bool is_local = false;
template <class T>
inline constexpr bool is_local<local<T>> = true;

template <class T>
consteval codec_kind find_kind() {
  using enum codec_kind;
  if constexpr (std::is_same_v<T, bool>)
    return boolean;
  else if constexpr (fixed_width_integer<T>)
    return integer;
  else if constexpr (fixed_width_float<T>)
    return floating;
  else if constexpr (!std::is_enum_v<T> && (!std::is_class_v<T> || std::is_const_v<T> || std::is_volatile_v<T>))
    return none;
  else if constexpr (hooks::has_codec<T>)
    return hook;
  else if constexpr (std::is_enum_v<T>)
    return enumeration;
  else if constexpr (is_local<T>)
    return local;
  else if constexpr (std::is_same_v<T, buffer>)
    return shared_bytes;
  else if constexpr (requires { requires string_like<T>; })
    return string;
  else if constexpr (path_like<T>)
    return path;
  else if constexpr (array_like<T>)
    return array;
  else if constexpr (map_like<T>)
    return map;
  else if constexpr (set_like<T>)
    return set;
  else if constexpr (sequence_like<T>) {
    if constexpr (std::is_same_v<typename T::value_type, bool> && !std::is_same_v<typename T::reference, bool&>)
      return bits;
    else if constexpr (run_element<typename T::value_type> && requires(T& v) {
                         { v.data() } -> std::same_as<typename T::value_type*>;
                       })
      return run;
    else
      return sequence;
  } else if constexpr (variant_alternatives<T>::exist)
    return variant;
  else if constexpr (optional_like<T>)
    return optional;
  else if constexpr (owner_like<T>)
    return owner;
  else if constexpr (duration_like<T>)
    return duration;
  else if constexpr (time_point_like<T>)
    return time_point;
  else if constexpr (complex_like<T>)
    return complex;
  else if constexpr (tuple_like<T>)
    return tuple;
  else if constexpr (field_count<T> != no_fields)
    return aggregate;
  else
    return none;
}

template <class T>
inline constexpr codec_kind kind_of = find_kind<T>();

template <class T, class Sequence>
struct tuple_types_impl;
template <class T, std::size_t... I>
struct tuple_types_impl<T, std::index_sequence<I...>> {
  using type = type_list<std::tuple_element_t<I, T>...>;
};

/// The types a type of this kind is made of, as a type_list; what its encoding recurses into.
template <class T>
consteval auto find_parts() {
  using enum codec_kind;
  constexpr codec_kind k = kind_of<T>;
  if constexpr (k == sequence || k == array || k == optional)
    return std::type_identity<type_list<typename T::value_type>>{};
  else if constexpr (k == set)
    return std::type_identity<type_list<typename T::key_type>>{};
  else if constexpr (k == map)
    return std::type_identity<type_list<typename T::key_type, typename T::mapped_type>>{};
  else if constexpr (k == owner)
    return std::type_identity<type_list<typename T::element_type>>{};
  else if constexpr (k == variant)
    return std::type_identity<typename variant_alternatives<T>::type>{};
  else if constexpr (k == duration)
    return std::type_identity<type_list<typename T::rep>>{};
  else if constexpr (k == time_point)
    return std::type_identity<type_list<typename T::duration>>{};
  else if constexpr (k == tuple)
    return std::type_identity<typename tuple_types_impl<T, std::make_index_sequence<std::tuple_size_v<T>>>::type>{};
  else if constexpr (k == aggregate)
    return std::type_identity<field_types<T>>{};
  else
    return std::type_identity<type_list<>>{};
}

template <class T>
using parts_of = typename decltype(find_parts<T>())::type;

}  // namespace troupe::detail
