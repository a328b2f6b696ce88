#pragma once

#include <troupe/net/codec/encoder.hpp>
#include <troupe/net/codec/travels.hpp>

#include <cstddef>
#include <utility>

namespace troupe {
namespace detail {

inline constexpr std::size_t varies = static_cast<std::size_t>(-1);

/// The payload of every value of T where all have the same, else `varies`.
template <class T>
consteval std::size_t find_fixed_nbytes() {
  using enum codec_kind;
  constexpr codec_kind k = kind_of<T>;
  if constexpr (k == boolean || k == integer || k == floating || k == enumeration) {
    return sizeof(T);
  } else if constexpr (k == complex) {
    return 2 * sizeof(typename T::value_type);
  } else if constexpr (hooks::has_nbytes<T>) {
    return varies;
  } else if constexpr (k == array) {
    constexpr std::size_t one = find_fixed_nbytes<typename T::value_type>();
    return one == varies ? varies : one * std::tuple_size_v<T>;
  } else if constexpr (k == duration || k == time_point || k == tuple || k == aggregate) {
    return []<class... P>(type_list<P...>) {
      constexpr bool fixed = ((find_fixed_nbytes<P>() != varies) && ...);
      return fixed ? (std::size_t{0} + ... + find_fixed_nbytes<P>()) : varies;
    }(parts_of<T>{});
  } else {
    return varies;
  }
}
template <class T>
inline constexpr std::size_t fixed_nbytes = find_fixed_nbytes<T>();

/// Of what was encoded, attachments included.
[[nodiscard]] std::size_t measured_size(encoder const& measured) noexcept;

template <class T>
std::size_t payload(T const& value);

template <class T>
std::size_t payload_of_elements(T const& range) {
  std::size_t sum = 0;
  for (auto const& element : range) sum += payload(element);
  return sum;
}

template <class T>
std::size_t payload_of_alternative(T const& value) {
  if (value.valueless_by_exception()) return 0;
  return [&]<class... A, std::size_t... I>(type_list<A...>, std::index_sequence<I...>) {
    using std::get;
    std::size_t n = 0;
    static_cast<void>(((value.index() == I && (n = payload(get<I>(value)), true)) || ...));
    return n;
  }(parts_of<T>{}, std::make_index_sequence<parts_of<T>::size>{});
}

template <class T>
std::size_t payload(T const& value) {
  using enum codec_kind;
  constexpr codec_kind k = kind_of<T>;
  if constexpr (hooks::has_nbytes<T>) {
    return hooks::call_nbytes(value);
  } else if constexpr (fixed_nbytes<T> != varies) {
    return fixed_nbytes<T>;
  } else if constexpr (k == hook) {
    encoder measured;
    hooks::call_encode(measured, value);
    return measured_size(measured);
  } else if constexpr (k == local) {
    if constexpr (travels<typename T::value_type>)
      return payload(value.value);
    else
      return sizeof(T);
  } else if constexpr (k == string || k == run) {
    return value.size() * sizeof(typename T::value_type);
  } else if constexpr (k == shared_bytes) {
    return value.size();
  } else if constexpr (k == path) {
    return value.native().size();
  } else if constexpr (k == bits) {
    return (value.size() + 7) / 8;
  } else if constexpr (k == sequence || k == array || k == set) {
    constexpr std::size_t one = fixed_nbytes<typename T::value_type>;
    if constexpr (one != varies)
      return value.size() * one;
    else
      return payload_of_elements(value);
  } else if constexpr (k == map) {
    constexpr std::size_t key = fixed_nbytes<typename T::key_type>, mapped = fixed_nbytes<typename T::mapped_type>;
    if constexpr (key != varies && mapped != varies) {
      return value.size() * (key + mapped);
    } else {
      std::size_t sum = 0;
      for (auto const& entry : value) sum += payload(entry.first) + payload(entry.second);
      return sum;
    }
  } else if constexpr (k == optional) {
    return value.has_value() ? payload(*value) : 0;
  } else if constexpr (k == owner) {
    return value ? payload(*value) : 0;
  } else if constexpr (k == variant) {
    return payload_of_alternative(value);
  } else if constexpr (k == tuple) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      using std::get;
      return (std::size_t{0} + ... + payload(get<I>(value)));
    }(std::make_index_sequence<std::tuple_size_v<T>>{});
  } else {
    static_assert(k == aggregate);
    return with_fields(value,
                       []<class... Declared>(auto const&... field) { return (std::size_t{0} + ... + payload(field)); });
  }
}

struct nbytes_function {
  template <travels T>
  [[nodiscard]] std::size_t operator()(T const& value) const {
    return payload(value);
  }
};

}  // namespace detail

inline namespace codec_functions {

/// The payload of a value in bytes, on the heap or not, without headers and bookkeeping: 4 for an int, 8n for a vector
/// of n doubles, the sum of the parts for everything else. O(1) where the elements are of one size, else O(elements).
/// A type with hooks says it with its own `nbytes`, or its encoding is measured.
inline constexpr detail::nbytes_function nbytes{};

}  // namespace codec_functions
}  // namespace troupe
