#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

/// How a type of the user's own decides its encoding: two free functions beside it, found by argument-dependent lookup.
///
///     void encode(troupe::encoder& out, T const& value);
///     T decode(troupe::decoder& in, std::type_identity<T>);
///
/// A third is optional: `std::size_t nbytes(T const& value)`, the payload in bytes; without it the encoding is
/// measured. Both use troupe::encode(out, field) and troupe::decode<Field>(in) for their parts. Hooks win over every
/// built-in form.
namespace troupe {

class encoder;
class decoder;

namespace detail::hooks {

// Hides every function of these names outside, so that only argument-dependent lookup finds some.
void encode() = delete;
void decode() = delete;
void nbytes() = delete;

template <class T>
concept has_codec = requires(encoder& out, decoder& in, T const& value) {
  { encode(out, value) } -> std::same_as<void>;
  { decode(in, std::type_identity<T>{}) } -> std::same_as<T>;
};
template <class T>
concept has_nbytes = requires(T const& value) {
  { nbytes(value) } -> std::convertible_to<std::size_t>;
};

template <class T>
void call_encode(encoder& out, T const& value) {
  encode(out, value);
}
template <class T>
T call_decode(decoder& in) {
  return decode(in, std::type_identity<T>{});
}
template <class T>
std::size_t call_nbytes(T const& value) {
  return nbytes(value);
}

}  // namespace detail::hooks
}  // namespace troupe
