#pragma once

#include <troupe/actors/functions/call.hpp>

#include <cstdint>
#include <string>
#include <typeinfo>

/// What every worker can run, whatever its program is: tasks that move data.
namespace troupe::detail {

/// `troupe::scatter`, a call of which is the value it gives. On workers one function for all types; for clients one for
/// each, so that futures know what they hold.
[[nodiscard]] function_info make_scatter_function(std::type_info const& result, unpack_function unpack);
template <class T>
[[nodiscard]] function_info const& scatter_function() {
  static function_info const info = make_scatter_function(typeid(T), &unpack_value<T>);
  return info;
}
[[nodiscard]] call_ptr make_scatter_call(function_info const& function, value_ptr value);

/// `troupe::dataset`, which stands for a published result: a task of the key it was published under, and so not run.
/// Where it is run, there is no such dataset any more, which it says.
[[nodiscard]] function_info make_dataset_function(std::type_info const& result, unpack_function unpack);
template <class T>
[[nodiscard]] function_info const& dataset_function() {
  static function_info const info = make_dataset_function(typeid(T), &unpack_value<T>);
  return info;
}
[[nodiscard]] call_ptr make_dataset_call(function_info const& function);

/// A call of `troupe::actor`, which stands for an actor: a task of the key it was made under, and so not run. Where it
/// is run, there is no such actor any more, which it says.
[[nodiscard]] call_ptr make_actor_call();

/// A call of `troupe::touch`: takes one input, looks away, and gives nothing. What it leaves behind is a copy of the
/// input on the worker that ran it.
[[nodiscard]] call_ptr make_touch_call();

/// Does nothing; a program that calls it has the functions above.
void keep_builtin_functions() noexcept;

}  // namespace troupe::detail
