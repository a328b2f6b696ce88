#pragma once

#include <troupe/actors/functions/nested_futures.hpp>
#include <troupe/actors/functions/parameter.hpp>
#include <troupe/actors/functions/signature.hpp>
#include <troupe/net/codec/travels.hpp>

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

/// Whether a call can be submitted, said in one compile error: check_call asserts at most once, and each refusal is a
/// function template of its own, so that the compiler's notes name the types. C++20 asserts with literal text only.
namespace troupe::detail {

template <class...>
inline constexpr bool never = false;

template <class Type>
consteval bool refuse_callable() {
  static_assert(
      never<Type>,
      "cannot submit this: submit takes submit<function>(…), a lambda without captures, or an object with one "
      "operator() that is no template");
  return false;
}
template <class Type>
consteval bool refuse_function_pointer() {
  static_assert(never<Type>,
                "a function is submitted as a template argument: write submit<function>(arguments…), "
                "with a static_cast to choose an overload");
  return false;
}
template <class Name>
consteval bool refuse_name() {
  static_assert(
      never<Name>,
      "a call by name says what type its result has: write submit<int>(\"name\", arguments…), or submit<void>");
  return false;
}
template <class Lambda>
consteval bool refuse_captures() {
  static_assert(never<Lambda>,
                "a lambda with captures (or an object whose state cannot travel) cannot be submitted: pass what it "
                "captures as arguments");
  return false;
}
template <class Result>
consteval bool refuse_generator() {
  static_assert(never<Result>, "a task that returns generator<…> cannot be submitted yet");
  return false;
}
template <class Parameter>
consteval bool refuse_reference() {
  static_assert(never<Parameter>,
                "a task cannot take this parameter by non-const reference: take it by value or by const reference "
                "(context parameters come first)");
  return false;
}
template <class Parameter>
consteval bool refuse_pointer() {
  static_assert(never<Parameter>,
                "a task cannot take a pointer: what it points to would stay behind; take a value, std::string or "
                "std::vector");
  return false;
}
template <class Parameter>
consteval bool refuse_writable_view() {
  static_assert(never<Parameter>, "a task can take a span of const elements and of dynamic extent only");
  return false;
}
template <std::size_t Expected, std::size_t Given, class Callable>
consteval bool refuse_count() {
  static_assert(never<Callable>,
                "wrong number of arguments for this function (default arguments are lost: a function pointer does not "
                "have them; context parameters are not counted)");
  return false;
}
template <std::size_t Index, class Parameter, class Argument>
consteval bool refuse_argument() {
  static_assert(never<Parameter, Argument>, "an argument cannot be converted to the type of its parameter");
  return false;
}
template <std::size_t Index, class Parameter, class Future>
consteval bool refuse_future() {
  static_assert(never<Parameter, Future>,
                "a future<T>, or a container of futures, needs a parameter whose type is exactly that of its value: no "
                "conversion takes place on the worker");
  return false;
}
template <std::size_t Index, class Parameter, class Handle>
consteval bool refuse_handle() {
  static_assert(never<Parameter, Handle>,
                "what names a result of a graph cannot be an argument of a client's call: compute it first, "
                "client.compute(graph, node), and pass the future");
  return false;
}
template <class Type>
consteval bool refuse_future_in_struct() {
  static_assert(
      never<Type>,
      "a future inside a struct cannot be an argument or a result: pass the future itself, or a vector, array, "
      "map, optional, pair or tuple of futures");
  return false;
}
/// `Obstacle` is the type that has no encoding, found inside `Whole`.
template <class Obstacle, class Whole>
consteval bool refuse_to_travel() {
  static_assert(never<Obstacle, Whole>,
                "a type cannot travel: it needs encode(encoder&, T const&) and decode(decoder&, std::type_identity<T>) "
                "beside it, or troupe::local<T> to stay in this process");
  return false;
}

template <class T>
consteval bool check_travels() {
  using found = obstacle<T>;
  if constexpr (std::is_same_v<found, no_obstacle>)
    return true;
  else if constexpr (is_future<found>::value)
    return refuse_future_in_struct<T>();
  else
    return refuse_to_travel<found, T>();
}

template <class P>
consteval bool check_parameter() {
  constexpr passing how = parameter<P>::how;
  if constexpr (how == passing::refused_reference)
    return refuse_reference<P>();
  else if constexpr (how == passing::refused_pointer)
    return refuse_pointer<P>();
  else if constexpr (how == passing::refused_view)
    return refuse_writable_view<P>();
  else
    return check_travels<parameter_value<P>>();
}

template <std::size_t Index, class P, class A>
consteval bool check_argument() {
  using plain = std::remove_cvref_t<A>;
  if constexpr (holds_handles<plain>) {
    return refuse_handle<Index, P, plain>();
  } else if constexpr (holds_futures<plain>) {
    if constexpr (std::is_same_v<replaced_t<to_value, plain>, parameter_value<P>>)
      return true;
    else
      return refuse_future<Index, P, plain>();
  } else if constexpr (converts<P, A>) {
    return true;
  } else {
    return refuse_argument<Index, P, A>();
  }
}

// && in a fold would instantiate, and so report, what comes after the first failure.
template <class... P>
consteval bool check_parameters(type_list<P...>) {
  return true;
}
template <class First, class... Rest>
consteval bool check_parameters(type_list<First, Rest...>) {
  if constexpr (check_parameter<First>())
    return check_parameters(type_list<Rest...>{});
  else
    return false;
}

template <std::size_t Index>
consteval bool check_arguments(type_list<>, type_list<>) {
  return true;
}
template <std::size_t Index, class P, class... Ps, class A, class... As>
consteval bool check_arguments(type_list<P, Ps...>, type_list<A, As...>) {
  if constexpr (check_argument<Index, P, A>())
    return check_arguments<Index + 1>(type_list<Ps...>{}, type_list<As...>{});
  else
    return false;
}

/// What there is to say about the callable itself, whatever its arguments.
template <class Callable>
consteval bool check_callable() {
  using plain = std::remove_cvref_t<Callable>;
  using s = signature_of<plain>;
  if constexpr (std::is_convertible_v<plain, std::string_view>)
    return refuse_name<plain>();
  else if constexpr (std::is_pointer_v<plain> || std::is_function_v<std::remove_pointer_t<plain>> ||
                     std::is_member_pointer_v<plain>)
    return refuse_function_pointer<plain>();
  else if constexpr (!s::valid)
    return refuse_callable<plain>();
  else if constexpr (!std::is_empty_v<plain> && !travels<plain>)
    return refuse_captures<plain>();
  else if constexpr (is_generator<typename s::result> || is_generator<typename s::value>)
    return refuse_generator<typename s::result>();
  else if constexpr (!check_parameters(typename s::parameters{}))
    return false;
  else
    return check_travels<stored_t<typename s::value>>();
}

/// True when `Callable` can be submitted with these arguments (types as forwarding references have them); otherwise one
/// static_assert fails. Use: `if constexpr (check_call<C, Args...>()) …`.
template <class Callable, class... Args>
consteval bool check_call() {
  if constexpr (!check_callable<Callable>())
    return false;
  else if constexpr (signature_of<Callable>::parameters::size != sizeof...(Args))
    return refuse_count<signature_of<Callable>::parameters::size, sizeof...(Args), Callable>();
  else
    return check_arguments<1>(typename signature_of<Callable>::parameters{}, type_list<Args&&...>{});
}

}  // namespace troupe::detail
