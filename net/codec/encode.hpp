#pragma once

#include <troupe/net/codec/encoder.hpp>
#include <troupe/net/codec/runs.hpp>
#include <troupe/net/codec/travels.hpp>

#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace troupe {
namespace detail {

[[noreturn]] void throw_local_encoded();
[[noreturn]] void throw_valueless_variant();

/// An optional value is written as itself or nil; what may itself be nil is put in an array of one.
template <class T>
inline constexpr bool needs_wrapping =
    kind_of<T> == codec_kind::optional || kind_of<T> == codec_kind::owner || kind_of<T> == codec_kind::hook;

template <class T>
void put(encoder& out, T const& value);

/// Elements that a range makes as it is walked through cannot be shared.
template <class Element, class Range>
void put_elements(encoder& out, Range const& range) {
  if constexpr (std::is_reference_v<decltype(*range.begin())>) {
    for (auto const& element : range) put<Element>(out, element);
  } else {
    auto const outside = out.enter_hook();
    for (auto const& element : range) put<Element>(out, element);
    out.leave_hook(outside);
  }
}

template <class T>
void put_optional(encoder& out, T const* value) {
  if (!value) return out.write_nil();
  if constexpr (needs_wrapping<T>) out.write_array(1);
  put(out, *value);
}

template <class T>
void put_bits(encoder& out, T const& bits) {
  std::vector<std::byte> packed(1 + (bits.size() + 7) / 8);
  packed[0] = static_cast<std::byte>((8 - bits.size() % 8) % 8);
  std::size_t i = 0;
  for (bool bit : bits) {
    if (bit) packed[1 + i / 8] |= std::byte{1} << static_cast<int>(i % 8);
    ++i;
  }
  write_run(out, run_tag::bits, packed);
}

template <class T>
void put_variant(encoder& out, T const& value) {
  if (value.valueless_by_exception()) throw_valueless_variant();
  out.write_array(2);
  out.write_uint(value.index());
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    using std::get;
    static_cast<void>(((value.index() == I && (put(out, get<I>(value)), true)) || ...));
  }(std::make_index_sequence<parts_of<T>::size>{});
}

template <class T>
void put(encoder& out, T const& value) {
  using enum codec_kind;
  constexpr codec_kind k = kind_of<T>;
  if constexpr (k == boolean) {
    out.write_bool(value);
  } else if constexpr (k == integer) {
    if constexpr (std::is_signed_v<T>)
      out.write_int(value);
    else
      out.write_uint(value);
  } else if constexpr (k == floating) {
    if constexpr (sizeof(T) == 4)
      out.write_float(value);
    else
      out.write_double(value);
  } else if constexpr (k == enumeration) {
    put(out, static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (k == string) {
    if (!out.attach_part(attachment_tag::text, std::as_bytes(std::span(value.data(), value.size()))))
      out.write_string({reinterpret_cast<char const*>(value.data()), value.size()});
  } else if constexpr (k == shared_bytes) {
    out.attach(value);
  } else if constexpr (k == path) {
    out.write_string(value.native());
  } else if constexpr (k == bits) {
    put_bits(out, value);
  } else if constexpr (k == run) {
    encode_run(out, std::span<typename T::value_type const>(value.data(), value.size()));
  } else if constexpr (k == array) {
    if constexpr (run_element<typename T::value_type>) {
      encode_run(out, std::span<typename T::value_type const>(value.data(), value.size()));
    } else {
      out.write_array(value.size());
      for (auto const& element : value) put(out, element);
    }
  } else if constexpr (k == sequence || k == set) {
    out.write_array(value.size());
    put_elements<typename T::value_type>(out, value);
  } else if constexpr (k == map) {
    out.write_map(value.size());
    for (auto const& entry : value) {
      put(out, entry.first);
      put(out, entry.second);
    }
  } else if constexpr (k == optional) {
    put_optional(out, value.has_value() ? &*value : nullptr);
  } else if constexpr (k == owner) {
    put_optional(out, static_cast<typename T::element_type const*>(value.get()));
  } else if constexpr (k == variant) {
    put_variant(out, value);
  } else if constexpr (k == duration) {
    put(out, value.count());
  } else if constexpr (k == time_point) {
    put(out, value.time_since_epoch());
  } else if constexpr (k == complex) {
    out.write_array(2);
    put(out, value.real());
    put(out, value.imag());
  } else if constexpr (k == tuple) {
    out.write_array(std::tuple_size_v<T>);
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      using std::get;
      (put(out, get<I>(value)), ...);
    }(std::make_index_sequence<std::tuple_size_v<T>>{});
  } else if constexpr (k == hook) {
    out.enter();
    auto const outside = out.enter_hook();
    hooks::call_encode(out, value);
    out.leave_hook(outside);
    out.leave();
  } else if constexpr (k == local) {
    throw_local_encoded();
  } else {
    static_assert(k == aggregate);
    out.enter();
    out.write_array(field_count<T>);
    with_fields(value, [&out]<class... Declared>(auto const&... field) { (put(out, field), ...); });
    out.leave();
  }
}

struct encode_function {
  template <travels T>
  void operator()(encoder& out, T const& value) const {
    put(out, value);
  }
};

}  // namespace detail

inline namespace codec_functions {

/// `encode(out, value)` appends one item. Numbers, bool and strings are msgpack's own; structs, tuples and complex
/// numbers are arrays of their parts, variants arrays of index and value, durations their count, time points their
/// distance from the clock's epoch, an empty optional or unique_ptr is nil, runs of numbers see runs.hpp.
/// Throws codec_error for a local<T>, a variant without value, structs nested deeper than encoder::max_depth.
inline constexpr detail::encode_function encode{};

}  // namespace codec_functions
}  // namespace troupe
