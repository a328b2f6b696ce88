#pragma once

#include <troupe/net/codec/fields.hpp>

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

/// The names of the fields of an aggregate, in order, without macros: taken from how the compiler prints pointers to
/// them. The same for clang and GCC. Compile time only; for what fields.hpp can walk.
namespace troupe::detail {

/// A structure of its own, so that the printed pointer is not mistaken for one that cannot be a template argument.
template <class T>
struct pointer_to_field {
  T const* address;
};
template <class T>
pointer_to_field(T const*) -> pointer_to_field<T>;

template <class T>
struct object_with_fields {
  T value;
};
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#pragma clang diagnostic ignored "-Wundefined-internal"
#endif
/// Never defined: only addresses in it are used.
template <class T>
extern object_with_fields<T> const object_of_nobody;

template <std::size_t I, class First, class... Rest>
constexpr auto pick_pointer(First const* first, Rest const*... rest) {
  if constexpr (I == 0)
    return pointer_to_field{first};
  else
    return pick_pointer<I - 1>(rest...);
}

template <class T, std::size_t I>
consteval auto find_field() {
  return with_fields(object_of_nobody<T>.value,
                     []<class... Declared>(auto const&... field) { return pick_pointer<I>(&field...); });
}

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

/// `… {&object_of_nobody.value.name}]` or `… {(& … ::name)}]`
template <auto Field>
consteval char const* print_field() {
  return __PRETTY_FUNCTION__;
}

consteval std::string_view last_identifier(std::string_view text) {
  constexpr std::string_view closing = ")}]; ";
  text = text.substr(0, text.find_last_not_of(closing) + 1);
  std::size_t begin = text.size();
  while (begin > 0 && text[begin - 1] != '.' && text[begin - 1] != ':' && text[begin - 1] != '&' &&
         text[begin - 1] != ' ')
    --begin;
  return text.substr(begin);
}

/// Alone in the program, without the text that it was found in.
template <class T, std::size_t I>
struct field_name_storage {
  static constexpr auto characters = [] {
    constexpr std::string_view name = last_identifier(print_field<find_field<T, I>()>());
    std::array<char, name.size()> copy{};
    for (std::size_t i = 0; i < name.size(); ++i) copy[i] = name[i];
    return copy;
  }();
};

template <class T, std::size_t I>
inline constexpr std::string_view field_name{field_name_storage<T, I>::characters.data(),
                                             field_name_storage<T, I>::characters.size()};

/// All of them.
template <class T>
inline constexpr auto field_names = []<std::size_t... I>(std::index_sequence<I...>) {
  return std::array<std::string_view, sizeof...(I)>{field_name<T, I>...};
}(std::make_index_sequence<field_count<T>>{});

}  // namespace troupe::detail
