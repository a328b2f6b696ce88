#pragma once

#include <troupe/net/codec/decoder.hpp>
#include <troupe/net/codec/encode.hpp>
#include <troupe/net/codec/runs.hpp>
#include <troupe/net/codec/travels.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

namespace troupe {
namespace detail {

[[noreturn]] void throw_local_decoded();

template <class T>
T take(decoder& in);

/// Room for `count` elements, but not for more than the bytes that are there could fill.
template <class Container>
void reserve_for(Container& container, std::size_t count, decoder const& in) {
  if constexpr (requires { container.reserve(count); })
    container.reserve(std::min(count, in.remaining() / sizeof(typename Container::value_type) + 1));
}

template <class T>
T take_wrapped(decoder& in) {
  if constexpr (needs_wrapping<T>) in.read_array_of(1);
  return take<T>(in);
}

template <class T>
T take_run(decoder& in) {
  using element = typename T::value_type;
  auto const bytes = decode_run<element>(in);
  // Large runs come as attachments, which are aligned: those need no zeroes first.
  if (is_aligned_for<element>(bytes)) {
    auto const* first = reinterpret_cast<element const*>(bytes.data());
    return T(first, first + bytes.size() / sizeof(element));
  }
  T result(bytes.size() / sizeof(element), element{});
  if (!bytes.empty()) std::memcpy(result.data(), bytes.data(), bytes.size());
  return result;
}

template <class T>
T take_array(decoder& in) {
  using element = typename T::value_type;
  constexpr std::size_t n = std::tuple_size_v<T>;
  if constexpr (run_element<element>) {
    std::size_t const start = in.offset();
    auto const bytes = decode_run<element>(in);
    if (bytes.size() != n * sizeof(element)) in.fail_at(start, "a run of the array's length", "one of another length");
    T result{};
    if constexpr (n > 0) std::memcpy(result.data(), bytes.data(), bytes.size());
    return result;
  } else {
    in.read_array_of(n);
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return T{(static_cast<void>(I), take<element>(in))...};
    }(std::make_index_sequence<n>{});
  }
}

template <class T>
T take_bits(decoder& in) {
  auto const bits = read_bits(in);
  T result(bits.count);
  for (std::size_t i = 0; i < bits.count; ++i) result[i] = bits[i];
  return result;
}

template <class T>
T take_keyed(decoder& in) {
  constexpr bool is_map = kind_of<T> == codec_kind::map;
  std::size_t const start = in.offset();
  std::size_t const count = is_map ? in.read_map() : in.read_array();
  T result;
  reserve_for(result, count, in);
  for (std::size_t i = 0; i < count; ++i) {
    auto key = take<typename T::key_type>(in);
    if constexpr (is_map)
      result.emplace(std::move(key), take<typename T::mapped_type>(in));
    else
      result.emplace(std::move(key));
  }
  if (result.size() != count) in.fail_at(start, "different keys", "some twice");
  return result;
}

template <class T>
T take_variant(decoder& in) {
  return [&]<class... A>(type_list<A...>) {
    using reader = T (*)(decoder&);
    constexpr auto readers = []<std::size_t... I>(std::index_sequence<I...>) {
      struct table {
        reader at[sizeof...(I)];
      };
      return table{{[](decoder& from) { return T(std::in_place_index<I>, take<A>(from)); }...}};
    }(std::index_sequence_for<A...>{});
    in.read_array_of(2);
    return readers.at[in.read_uint(sizeof...(A) - 1)](in);
  }(parts_of<T>{});
}

template <class T, class... Parts>
T take_parts(decoder& in, type_list<Parts...>) {
  in.read_array_of(sizeof...(Parts));
  // Braces: parts are read in their order.
  return T{take<Parts>(in)...};
}

template <class T>
T take(decoder& in) {
  using enum codec_kind;
  constexpr codec_kind k = kind_of<T>;
  if constexpr (k == boolean) {
    return in.read_bool();
  } else if constexpr (k == integer) {
    using limits = std::numeric_limits<T>;
    if constexpr (std::is_signed_v<T>)
      return static_cast<T>(in.read_int(limits::min(), limits::max()));
    else
      return static_cast<T>(in.read_uint(limits::max()));
  } else if constexpr (k == floating) {
    if constexpr (sizeof(T) == 4)
      return in.read_float();
    else
      return in.read_double();
  } else if constexpr (k == enumeration) {
    return static_cast<T>(take<std::underlying_type_t<T>>(in));
  } else if constexpr (k == string) {
    auto const text = in.read_string();
    return T(reinterpret_cast<typename T::value_type const*>(text.data()), text.size());
  } else if constexpr (k == shared_bytes) {
    return in.take_attachment();
  } else if constexpr (k == path) {
    return T(in.read_string());
  } else if constexpr (k == bits) {
    return take_bits<T>(in);
  } else if constexpr (k == run) {
    return take_run<T>(in);
  } else if constexpr (k == array) {
    return take_array<T>(in);
  } else if constexpr (k == sequence) {
    std::size_t const count = in.read_array();
    T result;
    reserve_for(result, count, in);
    for (std::size_t i = 0; i < count; ++i) result.push_back(take<typename T::value_type>(in));
    return result;
  } else if constexpr (k == map || k == set) {
    return take_keyed<T>(in);
  } else if constexpr (k == optional) {
    if (in.try_nil()) return T();
    return T(std::in_place, take_wrapped<typename T::value_type>(in));
  } else if constexpr (k == owner) {
    if (in.try_nil()) return T();
    return T(new typename T::element_type(take_wrapped<std::remove_const_t<typename T::element_type>>(in)));
  } else if constexpr (k == variant) {
    return take_variant<T>(in);
  } else if constexpr (k == duration) {
    return T(take<typename T::rep>(in));
  } else if constexpr (k == time_point) {
    return T(take<typename T::duration>(in));
  } else if constexpr (k == complex) {
    using part = typename T::value_type;
    return take_parts<T>(in, type_list<part, part>{});
  } else if constexpr (k == tuple) {
    return take_parts<T>(in, parts_of<T>{});
  } else if constexpr (k == hook) {
    in.enter();
    T result = hooks::call_decode<T>(in);
    in.leave();
    return result;
  } else if constexpr (k == local) {
    throw_local_decoded();
  } else {
    static_assert(k == aggregate);
    in.enter();
    T result = take_parts<T>(in, parts_of<T>{});
    in.leave();
    return result;
  }
}

template <travels T>
struct decode_function {
  [[nodiscard]] T operator()(decoder& in) const { return take<T>(in); }
};

}  // namespace detail

inline namespace codec_functions {

/// `decode<T>(in)` reads one item that encode wrote for a T. Integers are accepted in any width that fits T.
/// Throws codec_error for everything else: see decoder.
template <travels T>
inline constexpr detail::decode_function<T> decode{};

}  // namespace codec_functions
}  // namespace troupe
