#pragma once

#include <troupe/actors/functions/call.hpp>
#include <troupe/actors/functions/signature.hpp>

#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace troupe::detail {

/// What a function is called. The same for clang and GCC, but for lambdas and for templates constrained by concepts
/// that are not of namespace std: their full name is their compiler's own.
struct function_names {
  /// Qualified, with template arguments, and with the parameter types (and const) that tell overloads apart:
  /// `shop::price(int)`, `shop::cart::add(shop::item const&) const`, `twice<long>(long)`.
  std::string full;
  /// For people: without namespaces, template arguments and parameters: `price`, `cart::add`, `twice`; `lambda`.
  std::string short_name;
  /// Its full name says nothing to other object files: a lambda, a static function, one with such types in it.
  bool internal = false;
};

/// `tag`: function_tag<&f>; `type`: the pointer's type.
[[nodiscard]] function_names names_of_function(std::type_info const& tag, std::type_info const& type);
/// For an object with operator().
[[nodiscard]] function_names names_of_object(std::type_info const& type, std::type_info const& call_operator);

/// Names and hashes; `info` has its schema and its functions already.
void finish(function_info& info, function_names names);

template <class Object>
struct names_of {
  static function_names make() { return names_of_object(typeid(Object), typeid(&Object::operator())); }
};
template <auto F>
struct names_of<function_tag<F>> {
  static function_names make() {
    if constexpr (std::is_class_v<decltype(F)>)
      return names_of<std::remove_const_t<decltype(F)>>::make();
    else
      return names_of_function(typeid(function_tag<F>), typeid(decltype(F)));
  }
};

}  // namespace troupe::detail
