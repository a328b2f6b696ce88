#pragma once

#include <troupe/actors/functions/encoded_run.hpp>
#include <troupe/actors/functions/function_name.hpp>
#include <troupe/actors/functions/registry.hpp>
#include <troupe/net/codec/schema.hpp>

#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>

namespace troupe::detail {

/// `i32(i32,list<f64>)`; of an object whose state travels with the call, `i32(i32) of struct{f64}`.
template <class Value, class State = void, class... P>
[[nodiscard]] std::string spell_function(type_list<P...>) {
  schema_writer out;
  if constexpr (std::is_void_v<Value>)
    out.add("void");
  else
    spell<Value>(out);
  out.add("(");
  spell_list(out, type_list<parameter_value<P>...>{});
  out.add(")");
  if constexpr (!std::is_void_v<State>) {
    out.add(" of ");
    spell<State>(out);
  }
  return out.take();
}

/// Null for a virtual member function.
template <class Pointer>
[[nodiscard]] void const* code_of(Pointer function) noexcept {
  if constexpr (std::is_member_function_pointer_v<Pointer>) {
    // The address, or an odd number for a virtual function; then what is added to `this`.
    std::uintptr_t words[2];
    static_assert(sizeof words == sizeof function);
    std::memcpy(words, &function, sizeof words);
    return words[0] % 2 == 0 ? reinterpret_cast<void const*>(words[0]) : nullptr;
  } else {
    return reinterpret_cast<void const*>(function);
  }
}

template <class Callable>
struct callable_code {
  static constexpr auto pointer = &Callable::operator();
};
template <auto F>
struct callable_code<function_tag<F>> {
  static constexpr auto pointer = F;
};
template <auto F>
  requires std::is_class_v<decltype(F)>
struct callable_code<function_tag<F>> : callable_code<std::remove_const_t<decltype(F)>> {};

// Functions that have a callable as their template argument have its parameters as another: a pointer to a member of a
// type in an anonymous namespace does not keep GCC 12 from taking two of them, in two files, for one.

/// All but the names.
template <class Callable, class Parameters = typename signature_of<Callable>::parameters>
[[nodiscard]] function_info make_nameless_info() {
  using s = signature_of<Callable>;
  using run = encoded_run<Callable, Parameters>;
  function_info info;
  using state = std::conditional_t<has_state<Callable> && travels<Callable>, Callable, void>;
  info.schema = spell_function<typename s::value, state>(Parameters{});
  info.result = &typeid(stored_t<typename s::value>);
  info.is_coroutine = s::is_coroutine;
  info.takes_context = s::contexts::size != 0;
  info.unpack = &unpack_value<stored_t<typename s::value>>;
  if constexpr (s::is_coroutine)
    info.start_encoded = &run::start;
  else
    info.run_encoded = &run::run;
  info.code = code_of(callable_code<Callable>::pointer);
  return info;
}

template <class Callable, class Parameters>
[[nodiscard]] function_info make_function_info() {
  function_info info = make_nameless_info<Callable, Parameters>();
  finish(info, names_of<std::remove_cvref_t<Callable>>::make());
  return info;
}

template <class Callable, class Parameters = typename signature_of<Callable>::parameters>
[[nodiscard]] function_info const& function_info_of();

/// Its initialisation makes the callable known to the program.
template <class Callable, class Parameters>
inline function_node const registered{&function_info_of<Callable, Parameters>};

/// Computed once per callable, by the first thread that asks.
template <class Callable, class Parameters>
[[nodiscard]] function_info const& function_info_of() {
  static_cast<void>(&registered<Callable, Parameters>);
  static function_info const info = make_function_info<Callable, Parameters>();
  return info;
}

}  // namespace troupe::detail
