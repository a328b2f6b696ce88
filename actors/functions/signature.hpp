#pragma once

#include <troupe/futures/task.hpp>
#include <troupe/net/codec/fields.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

/// What is known of a callable at compile time: parameters, result, and which contexts it wants.
/// A callable is a function_tag<&f> (free function, static member, member function) or an object with one operator().
namespace troupe {

class task_context;
class worker_context;
template <class T>
class generator;

namespace detail {

/// A function as a type: the callable of `submit<f>`, and what its name is taken from.
template <auto F>
struct function_tag {
  static constexpr auto function = F;
  template <class... Args>
  decltype(auto) operator()(Args&&... args) const {
    return F(std::forward<Args>(args)...);
  }
};

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task<T>> = true;
template <class T>
inline constexpr bool is_generator = false;
template <class T>
inline constexpr bool is_generator<generator<T>> = true;

template <class T>
inline constexpr bool is_context = std::is_same_v<T, task_context&> || std::is_same_v<T, worker_context&>;

/// The value that a call gives: U for task<U>, no references; void stays void.
template <class R>
struct value_of_result {
  using type = std::remove_cvref_t<R>;
};
template <class U>
struct value_of_result<task<U>> {
  using type = U;
};

template <class Contexts, class List>
struct split_contexts {
  using contexts = Contexts;
  using rest = List;
};
template <class... C, class First, class... Rest>
  requires is_context<First>
struct split_contexts<type_list<C...>, type_list<First, Rest...>>
    : split_contexts<type_list<C..., First>, type_list<Rest...>> {};

template <class Object, class List>
struct prepend {
  using type = List;
};
template <class Object, class... P>
  requires(!std::is_void_v<Object>)
struct prepend<Object, type_list<P...>> {
  using type = type_list<Object, P...>;
};

/// `contexts`: the leading context parameters. `parameters`: the others as declared, preceded by the object of a member
/// function (`T const&` for a const one, else `T`: the call works on its own copy).
template <class R, class Object, class... P>
struct signature {
  static constexpr bool valid = true;
  using result = R;
  using value = typename value_of_result<R>::type;
  using contexts = typename split_contexts<type_list<>, type_list<P...>>::contexts;
  using parameters = typename prepend<Object, typename split_contexts<type_list<>, type_list<P...>>::rest>::type;
  static constexpr bool has_object = !std::is_void_v<Object>;
  static constexpr bool is_coroutine = is_task<R>;
};

struct no_signature {
  static constexpr bool valid = false;
  using value = void;
};

template <class F>
struct pointer_signature : no_signature {};
template <class R, class... P, bool N>
struct pointer_signature<R (*)(P...) noexcept(N)> : signature<R, void, P...> {};
template <class R, class T, class... P, bool N>
struct pointer_signature<R (T::*)(P...) noexcept(N)> : signature<R, T, P...> {};
template <class R, class T, class... P, bool N>
struct pointer_signature<R (T::*)(P...) & noexcept(N)> : signature<R, T, P...> {};
template <class R, class T, class... P, bool N>
struct pointer_signature<R (T::*)(P...) && noexcept(N)> : signature<R, T, P...> {
  static constexpr bool consumes_object = true;
};
template <class R, class T, class... P, bool N>
struct pointer_signature<R (T::*)(P...) const noexcept(N)> : signature<R, T const&, P...> {};
template <class R, class T, class... P, bool N>
struct pointer_signature<R (T::*)(P...) const & noexcept(N)> : signature<R, T const&, P...> {};
template <class R, class T, class... P, bool N>
struct pointer_signature<R (T::*)(P...) const && noexcept(N)> : no_signature {};

template <class M>
struct without_object : no_signature {};
template <class R, class T, class... P, bool N>
struct without_object<R (T::*)(P...) noexcept(N)> : signature<R, void, P...> {};
template <class R, class T, class... P, bool N>
struct without_object<R (T::*)(P...) & noexcept(N)> : signature<R, void, P...> {};
template <class R, class T, class... P, bool N>
struct without_object<R (T::*)(P...) const noexcept(N)> : signature<R, void, P...> {};
template <class R, class T, class... P, bool N>
struct without_object<R (T::*)(P...) const & noexcept(N)> : signature<R, void, P...> {};

template <class Callable>
struct signature_of_impl : no_signature {};
template <auto F>
struct signature_of_impl<function_tag<F>> : pointer_signature<std::remove_const_t<decltype(F)>> {};
template <class Callable>
  requires requires { &Callable::operator(); }
struct signature_of_impl<Callable> : without_object<decltype(&Callable::operator())> {};
template <auto F>
  requires std::is_class_v<decltype(F)>
struct signature_of_impl<function_tag<F>> : signature_of_impl<std::remove_const_t<decltype(F)>> {};

/// `valid` is false for what is no callable of ours: function pointers at run time, templates, overload sets.
template <class Callable>
using signature_of = signature_of_impl<std::remove_cvref_t<Callable>>;

/// What a future of the call holds; void also where the callable is none, so that only check_call complains.
template <class Callable>
using call_value = typename signature_of<Callable>::value;

}  // namespace detail
}  // namespace troupe
