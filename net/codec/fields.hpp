#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

/// The fields of an aggregate, in order, without macros: their number, their types, and a walk over them.
/// Up to 32 fields; no base classes, C arrays, bit-fields, unions or anonymous unions.
/// Compile time only; no state, no errors of its own.
namespace troupe::detail {

template <class... T>
struct type_list {
  static constexpr std::size_t size = sizeof...(T);
};

// Never run. Not constexpr: compilers would evaluate them.
template <class Owner>
struct any_value {
  template <class T>
    requires(!std::is_same_v<T, Owner>)
  operator T() const noexcept {
    __builtin_unreachable();
  }
};
template <class Owner>
struct any_reference {
  template <class T>
    requires(!std::is_same_v<T, Owner>)
  operator T&() const noexcept {
    __builtin_unreachable();
  }
};
template <class Owner>
struct any_base {
  template <class T>
    requires(std::is_base_of_v<T, Owner> && !std::is_same_v<T, Owner>)
  operator T() const noexcept {
    __builtin_unreachable();
  }
};

template <class T, class Any, std::size_t... I>
constexpr bool braces_fit(std::index_sequence<I...>) {
  return requires { T{(static_cast<void>(I), Any{})...}; };
}
// A field more, of a type that the probe is ambiguous for.
template <class T, class Any, std::size_t... I>
constexpr bool more_fit(std::index_sequence<I...>) {
  return requires { T{(static_cast<void>(I), Any{})..., {}}; };
}
// Parentheses do not reach into nested arrays, braces do.
template <class T, class Any, std::size_t... I>
constexpr bool parentheses_fit(std::index_sequence<I...>) {
  return requires { T((static_cast<void>(I), Any{})...); };
}

inline constexpr std::size_t max_fields = 32;
inline constexpr std::size_t no_fields = static_cast<std::size_t>(-1);

/// The largest number of initialisers of the first run of numbers that fit; a reference member makes small numbers not
/// fit.
template <class T, class Any, std::size_t N = 0, bool Found = false>
consteval std::size_t initialisers() {
  constexpr bool fits = braces_fit<T, Any>(std::make_index_sequence<N>{});
  constexpr std::size_t size = sizeof(T);
  if constexpr (Found && !fits)
    return N - 1;
  else if constexpr (N > max_fields || N > size)
    return fits ? no_fields : Found ? N - 1 : no_fields;
  else
    return initialisers<T, Any, N + 1, fits>();
}

template <class T, class Any>
consteval std::size_t countable_fields() {
  constexpr std::size_t n = initialisers<T, Any>();
  if constexpr (n == no_fields || n > max_fields)
    return no_fields;
  else if constexpr (more_fit<T, Any>(std::make_index_sequence<n>{}))
    return no_fields;
  else
    return n == 0 || parentheses_fit<T, Any>(std::make_index_sequence<n>{}) ? n : no_fields;
}

/// The number of fields, `no_fields` where they cannot be walked.
template <class T>
consteval std::size_t count_fields() {
  if constexpr (!std::is_class_v<T> || !std::is_aggregate_v<T>)
    return no_fields;
  else if constexpr (std::is_empty_v<T>)
    return 0;
  else if constexpr (requires { T{any_base<T>{}}; })
    return no_fields;
  else {
    constexpr std::size_t by_value = countable_fields<T, any_value<T>>();
    if constexpr (by_value != no_fields)
      return by_value;
    else
      return countable_fields<T, any_reference<T>>();  // reference members
  }
}

template <class T>
inline constexpr std::size_t field_count = count_fields<T>();

/// Calls `f.operator()<F1, F2, …>(field1, field2, …)` with the declared types and the fields themselves.
template <class T, class F>
constexpr decltype(auto) with_fields(T& object, F&& f) {
  constexpr std::size_t n = field_count<std::remove_cv_t<T>>;
  static_assert(n != no_fields);
  if constexpr (n == 0) {
    return f.template operator()<>();
  } else if constexpr (n == 1) {
    auto& [a0] = object;
    return f.template operator()<decltype(a0)>(a0);
  } else if constexpr (n == 2) {
    auto& [a0, a1] = object;
    return f.template operator()<decltype(a0), decltype(a1)>(a0, a1);
  } else if constexpr (n == 3) {
    auto& [a0, a1, a2] = object;
    return f.template operator()<decltype(a0), decltype(a1), decltype(a2)>(a0, a1, a2);
  } else if constexpr (n == 4) {
    auto& [a0, a1, a2, a3] = object;
    return f.template operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3)>(a0, a1, a2, a3);
  } else if constexpr (n == 5) {
    auto& [a0, a1, a2, a3, a4] = object;
    return f.template operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4)>(a0, a1, a2, a3,
                                                                                                       a4);
  } else if constexpr (n == 6) {
    auto& [a0, a1, a2, a3, a4, a5] = object;
    return f.template operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5)>(
        a0, a1, a2, a3, a4, a5);
  } else if constexpr (n == 7) {
    auto& [a0, a1, a2, a3, a4, a5, a6] = object;
    return f.template operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5),
                                 decltype(a6)>(a0, a1, a2, a3, a4, a5, a6);
  } else if constexpr (n == 8) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7] = object;
    return f.template operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5),
                                 decltype(a6), decltype(a7)>(a0, a1, a2, a3, a4, a5, a6, a7);
  } else if constexpr (n == 9) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8] = object;
    return f.template operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5),
                                 decltype(a6), decltype(a7), decltype(a8)>(a0, a1, a2, a3, a4, a5, a6, a7, a8);
  } else if constexpr (n == 10) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9] = object;
    return f.template operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5),
                                 decltype(a6), decltype(a7), decltype(a8), decltype(a9)>(a0, a1, a2, a3, a4, a5, a6, a7,
                                                                                         a8, a9);
  } else if constexpr (n == 11) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10] = object;
    return f.template operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5),
                                 decltype(a6), decltype(a7), decltype(a8), decltype(a9), decltype(a10)>(
        a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10);
  } else if constexpr (n == 12) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11] = object;
    return f.template operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5),
                                 decltype(a6), decltype(a7), decltype(a8), decltype(a9), decltype(a10), decltype(a11)>(
        a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11);
  } else if constexpr (n == 13) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12] = object;
    return f.template operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5),
                                 decltype(a6), decltype(a7), decltype(a8), decltype(a9), decltype(a10), decltype(a11),
                                 decltype(a12)>(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12);
  } else if constexpr (n == 14) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13] = object;
    return f.template
    operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5), decltype(a6),
               decltype(a7), decltype(a8), decltype(a9), decltype(a10), decltype(a11), decltype(a12), decltype(a13)>(
        a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13);
  } else if constexpr (n == 15) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14] = object;
    return f.template operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5),
                                 decltype(a6), decltype(a7), decltype(a8), decltype(a9), decltype(a10), decltype(a11),
                                 decltype(a12), decltype(a13), decltype(a14)>(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9,
                                                                              a10, a11, a12, a13, a14);
  } else if constexpr (n == 16) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15] = object;
    return f.template operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5),
                                 decltype(a6), decltype(a7), decltype(a8), decltype(a9), decltype(a10), decltype(a11),
                                 decltype(a12), decltype(a13), decltype(a14), decltype(a15)>(
        a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15);
  } else if constexpr (n == 17) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16] = object;
    return f.template operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5),
                                 decltype(a6), decltype(a7), decltype(a8), decltype(a9), decltype(a10), decltype(a11),
                                 decltype(a12), decltype(a13), decltype(a14), decltype(a15), decltype(a16)>(
        a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16);
  } else if constexpr (n == 18) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17] = object;
    return f
        .template operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5),
                             decltype(a6), decltype(a7), decltype(a8), decltype(a9), decltype(a10), decltype(a11),
                             decltype(a12), decltype(a13), decltype(a14), decltype(a15), decltype(a16), decltype(a17)>(
            a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17);
  } else if constexpr (n == 19) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18] = object;
    return f.template
    operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5), decltype(a6),
               decltype(a7), decltype(a8), decltype(a9), decltype(a10), decltype(a11), decltype(a12), decltype(a13),
               decltype(a14), decltype(a15), decltype(a16), decltype(a17), decltype(a18)>(
        a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18);
  } else if constexpr (n == 20) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19] = object;
    return f.template
    operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5), decltype(a6),
               decltype(a7), decltype(a8), decltype(a9), decltype(a10), decltype(a11), decltype(a12), decltype(a13),
               decltype(a14), decltype(a15), decltype(a16), decltype(a17), decltype(a18), decltype(a19)>(
        a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19);
  } else if constexpr (n == 21) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20] = object;
    return f.template
    operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5), decltype(a6),
               decltype(a7), decltype(a8), decltype(a9), decltype(a10), decltype(a11), decltype(a12), decltype(a13),
               decltype(a14), decltype(a15), decltype(a16), decltype(a17), decltype(a18), decltype(a19), decltype(a20)>(
        a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20);
  } else if constexpr (n == 22) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21] = object;
    return f.template operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5),
                                 decltype(a6), decltype(a7), decltype(a8), decltype(a9), decltype(a10), decltype(a11),
                                 decltype(a12), decltype(a13), decltype(a14), decltype(a15), decltype(a16),
                                 decltype(a17), decltype(a18), decltype(a19), decltype(a20), decltype(a21)>(
        a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21);
  } else if constexpr (n == 23) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22] =
        object;
    return f
        .template operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5),
                             decltype(a6), decltype(a7), decltype(a8), decltype(a9), decltype(a10), decltype(a11),
                             decltype(a12), decltype(a13), decltype(a14), decltype(a15), decltype(a16), decltype(a17),
                             decltype(a18), decltype(a19), decltype(a20), decltype(a21), decltype(a22)>(
            a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22);
  } else if constexpr (n == 24) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22,
           a23] = object;
    return f.template
    operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5), decltype(a6),
               decltype(a7), decltype(a8), decltype(a9), decltype(a10), decltype(a11), decltype(a12), decltype(a13),
               decltype(a14), decltype(a15), decltype(a16), decltype(a17), decltype(a18), decltype(a19), decltype(a20),
               decltype(a21), decltype(a22), decltype(a23)>(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13,
                                                            a14, a15, a16, a17, a18, a19, a20, a21, a22, a23);
  } else if constexpr (n == 25) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23,
           a24] = object;
    return f.template
    operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5), decltype(a6),
               decltype(a7), decltype(a8), decltype(a9), decltype(a10), decltype(a11), decltype(a12), decltype(a13),
               decltype(a14), decltype(a15), decltype(a16), decltype(a17), decltype(a18), decltype(a19), decltype(a20),
               decltype(a21), decltype(a22), decltype(a23), decltype(a24)>(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10,
                                                                           a11, a12, a13, a14, a15, a16, a17, a18, a19,
                                                                           a20, a21, a22, a23, a24);
  } else if constexpr (n == 26) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23,
           a24, a25] = object;
    return f.template
    operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5), decltype(a6),
               decltype(a7), decltype(a8), decltype(a9), decltype(a10), decltype(a11), decltype(a12), decltype(a13),
               decltype(a14), decltype(a15), decltype(a16), decltype(a17), decltype(a18), decltype(a19), decltype(a20),
               decltype(a21), decltype(a22), decltype(a23), decltype(a24), decltype(a25)>(
        a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23,
        a24, a25);
  } else if constexpr (n == 27) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23,
           a24, a25, a26] = object;
    return f.template
    operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5), decltype(a6),
               decltype(a7), decltype(a8), decltype(a9), decltype(a10), decltype(a11), decltype(a12), decltype(a13),
               decltype(a14), decltype(a15), decltype(a16), decltype(a17), decltype(a18), decltype(a19), decltype(a20),
               decltype(a21), decltype(a22), decltype(a23), decltype(a24), decltype(a25), decltype(a26)>(
        a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23,
        a24, a25, a26);
  } else if constexpr (n == 28) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23,
           a24, a25, a26, a27] = object;
    return f.template
    operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5), decltype(a6),
               decltype(a7), decltype(a8), decltype(a9), decltype(a10), decltype(a11), decltype(a12), decltype(a13),
               decltype(a14), decltype(a15), decltype(a16), decltype(a17), decltype(a18), decltype(a19), decltype(a20),
               decltype(a21), decltype(a22), decltype(a23), decltype(a24), decltype(a25), decltype(a26), decltype(a27)>(
        a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23,
        a24, a25, a26, a27);
  } else if constexpr (n == 29) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23,
           a24, a25, a26, a27, a28] = object;
    return f.template operator()<
        decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5), decltype(a6), decltype(a7),
        decltype(a8), decltype(a9), decltype(a10), decltype(a11), decltype(a12), decltype(a13), decltype(a14),
        decltype(a15), decltype(a16), decltype(a17), decltype(a18), decltype(a19), decltype(a20), decltype(a21),
        decltype(a22), decltype(a23), decltype(a24), decltype(a25), decltype(a26), decltype(a27), decltype(a28)>(
        a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23,
        a24, a25, a26, a27, a28);
  } else if constexpr (n == 30) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23,
           a24, a25, a26, a27, a28, a29] = object;
    return f.template
    operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5), decltype(a6),
               decltype(a7), decltype(a8), decltype(a9), decltype(a10), decltype(a11), decltype(a12), decltype(a13),
               decltype(a14), decltype(a15), decltype(a16), decltype(a17), decltype(a18), decltype(a19), decltype(a20),
               decltype(a21), decltype(a22), decltype(a23), decltype(a24), decltype(a25), decltype(a26), decltype(a27),
               decltype(a28), decltype(a29)>(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16,
                                             a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29);
  } else if constexpr (n == 31) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23,
           a24, a25, a26, a27, a28, a29, a30] = object;
    return f.template
    operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5), decltype(a6),
               decltype(a7), decltype(a8), decltype(a9), decltype(a10), decltype(a11), decltype(a12), decltype(a13),
               decltype(a14), decltype(a15), decltype(a16), decltype(a17), decltype(a18), decltype(a19), decltype(a20),
               decltype(a21), decltype(a22), decltype(a23), decltype(a24), decltype(a25), decltype(a26), decltype(a27),
               decltype(a28), decltype(a29), decltype(a30)>(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13,
                                                            a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24, a25,
                                                            a26, a27, a28, a29, a30);
  } else if constexpr (n == 32) {
    auto& [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23,
           a24, a25, a26, a27, a28, a29, a30, a31] = object;
    return f.template
    operator()<decltype(a0), decltype(a1), decltype(a2), decltype(a3), decltype(a4), decltype(a5), decltype(a6),
               decltype(a7), decltype(a8), decltype(a9), decltype(a10), decltype(a11), decltype(a12), decltype(a13),
               decltype(a14), decltype(a15), decltype(a16), decltype(a17), decltype(a18), decltype(a19), decltype(a20),
               decltype(a21), decltype(a22), decltype(a23), decltype(a24), decltype(a25), decltype(a26), decltype(a27),
               decltype(a28), decltype(a29), decltype(a30), decltype(a31)>(
        a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23,
        a24, a25, a26, a27, a28, a29, a30, a31);
  }
}

struct field_types_of {
  template <class... D, class... F>
  // With a body, because a field's type may have no linkage.
  type_list<std::remove_cv_t<D>...> operator()(F&...) const {
    return {};
  }
};

/// type_list of the declared types of the fields, without const.
template <class T>
using field_types = decltype(with_fields(std::declval<T&>(), field_types_of{}));

}  // namespace troupe::detail
