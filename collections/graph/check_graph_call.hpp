#pragma once

#include <troupe/actors/functions/check_call.hpp>
#include <troupe/actors/functions/encoded_run.hpp>
#include <troupe/actors/functions/input.hpp>

#include <type_traits>

namespace troupe::detail {

template <class Callable>
consteval bool refuse_changing_callable() {
  static_assert(never<Callable>,
                "a call of a graph may run several times, also at once: an object with state needs an operator() that "
                "is const");
  return false;
}
template <class Parameter>
consteval bool refuse_used_up_argument() {
  static_assert(never<Parameter>,
                "a call of a graph may run several times: an argument that cannot be copied must be taken by const "
                "reference");
  return false;
}

template <class Callable>
consteval bool changes_when_called() {
  if constexpr (has_state<Callable> && requires { &Callable::operator(); })
    return !std::is_same_v<typename pointer_signature<decltype(&Callable::operator())>::parameters,
                           typename prepend<Callable const&, typename signature_of<Callable>::parameters>::type>;
  else
    return false;
}

template <class P, class A>
inline constexpr bool is_used_up =
    parameter<P>::how == passing::by_value && !holds_futures<std::remove_cvref_t<A>> && !copies<parameter_value<P>>;

consteval bool check_repeatable(type_list<>, type_list<>) { return true; }
template <class P, class... Ps, class A, class... As>
consteval bool check_repeatable(type_list<P, Ps...>, type_list<A, As...>) {
  if constexpr (is_used_up<P, A>)
    return refuse_used_up_argument<P>();
  else
    return check_repeatable(type_list<Ps...>{}, type_list<As...>{});
}

/// check_call for a call of a graph, with handles in place of futures.
template <class Callable, class... Args>
consteval bool check_graph_call() {
  if constexpr (!check_call<Callable, handles_as_futures_t<Args>...>())
    return false;
  else if constexpr (changes_when_called<Callable>())
    return refuse_changing_callable<Callable>();
  else
    return check_repeatable(typename signature_of<Callable>::parameters{}, type_list<Args...>{});
}

}  // namespace troupe::detail
