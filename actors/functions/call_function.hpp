#pragma once

#include <troupe/actors/functions/call.hpp>
#include <troupe/actors/functions/signature.hpp>

#include <type_traits>
#include <utility>

namespace troupe::detail {

template <class Context>
Context pass_context(task_context& context) {
  if constexpr (std::is_same_v<Context, task_context&>)
    return context;
  else
    return worker_of(context);
}

template <class Callable, class... C, class Object, class... Passed>
typename signature_of<Callable>::result call_member(type_list<C...>, [[maybe_unused]] task_context& context,
                                                    Object&& object, Passed&&... arguments) {
  if constexpr (requires { signature_of<Callable>::consumes_object; })
    return (static_cast<std::remove_reference_t<Object>&&>(object).*Callable::function)(
        pass_context<C>(context)..., std::forward<Passed>(arguments)...);
  else
    return (object.*Callable::function)(pass_context<C>(context)..., std::forward<Passed>(arguments)...);
}

/// Calls with the contexts that the function wants, then the arguments, the first of which is the object for a member
/// function.
template <class Callable, class... C, class... Passed>
typename signature_of<Callable>::result call_function(type_list<C...> contexts, Callable& callable,
                                                      [[maybe_unused]] task_context& context, Passed&&... arguments) {
  if constexpr (signature_of<Callable>::has_object)
    return call_member<Callable>(contexts, context, std::forward<Passed>(arguments)...);
  else
    return callable(pass_context<C>(context)..., std::forward<Passed>(arguments)...);
}

/// The value that `call()` gives.
template <class Value, class Call>
[[nodiscard]] value_ptr box_result(Call&& call) {
  if constexpr (std::is_void_v<Value>) {
    call();
    return unit_value();
  } else {
    return value_ptr(new value_box<Value>(std::in_place, call()));
  }
}

}  // namespace troupe::detail
