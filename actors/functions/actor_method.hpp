#pragma once

#include <troupe/actors/functions/call_function.hpp>
#include <troupe/actors/functions/check_call.hpp>
#include <troupe/actors/functions/function_name.hpp>
#include <troupe/actors/functions/signature.hpp>

#include <type_traits>
#include <typeinfo>
#include <utility>

namespace troupe::detail {

/// The object of the actor whose method runs. Throws error where none does, or where the object is of another type.
/// Defined where contexts are.
[[nodiscard]] void* object_of(task_context& context, std::type_info const& type);

template <class Method>
struct class_of {
  using type = void;
};
template <class Member, class Class>
struct class_of<Member Class::*> {
  using type = Class;
};

/// A member function of a remote actor of class T as a callable: takes the arguments, finds the object where it runs.
template <class T, auto Method, class Parameters>
class actor_method;

template <class T, auto Method, class... P>
class actor_method<T, Method, type_list<P...>> {
  using signature = without_object<std::remove_const_t<decltype(Method)>>;

 public:
  typename signature::result operator()(task_context& context, P... arguments) const {
    auto& object = *static_cast<T*>(object_of(context, typeid(T)));
    return call(typename signature::contexts{}, object, context, std::forward<P>(arguments)...);
  }

 private:
  template <class Owner, class Member>
  static std::type_identity<Owner> class_of(Member Owner::*);

  template <class... C, class... Passed>
  static typename signature::result call(type_list<C...>, T& object, [[maybe_unused]] task_context& context,
                                         Passed&&... arguments) {
    // A base of T may be whose method it is.
    typename decltype(class_of(Method))::type& owner = object;
    return (owner.*Method)(pass_context<C>(context)..., std::forward<Passed>(arguments)...);
  }
};

/// An actor's method is called what the function is called.
template <class T, auto Method, class... P>
struct names_of<actor_method<T, Method, type_list<P...>>> {
  static function_names make() {
    using method = actor_method<T, Method, type_list<P...>>;
    auto names = names_of_object(typeid(method), typeid(&method::operator()));
    names.short_name = names_of_function(typeid(function_tag<Method>), typeid(decltype(Method))).short_name;
    return names;
  }
};

template <class Method>
consteval bool refuse_method() {
  static_assert(never<Method>,
                "call<…> takes a member function of the actor's class that works on an lvalue: call<&counter::add>(5), "
                "with a static_cast to choose an overload");
  return false;
}
template <class Class, class Actor>
consteval bool refuse_class() {
  static_assert(never<Class, Actor>, "this is a method of another class than the actor's");
  return false;
}
template <class Argument>
consteval bool refuse_awaited() {
  static_assert(never<Argument>, "a call of an actor takes no futures: await them, and pass their values");
  return false;
}

/// True when the method can be called on an actor of class T with these arguments; otherwise one static_assert fails.
template <class T, auto Method, class... Args>
consteval bool check_method() {
  using method = std::remove_const_t<decltype(Method)>;
  using of = typename class_of<method>::type;
  if constexpr (!without_object<method>::valid)
    return refuse_method<method>();
  else if constexpr (!std::is_base_of_v<of, T>)
    return refuse_class<of, T>();
  else if constexpr ((holds_futures<std::remove_cvref_t<Args>> || ...))
    return refuse_awaited<type_list<Args...>>();
  else
    return check_call<actor_method<T, Method, typename without_object<method>::parameters>, Args...>();
}

}  // namespace troupe::detail
