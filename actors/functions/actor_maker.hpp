#pragma once

#include <troupe/actors/functions/check_call.hpp>
#include <troupe/actors/functions/function_name.hpp>
#include <troupe/actors/functions/seated_object.hpp>
#include <troupe/actors/functions/signature.hpp>
#include <troupe/futures/future.hpp>
#include <troupe/net/buffer.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace troupe::detail {

/// What the worker that has an actor is told of it.
struct actor_plan {
  bool can_restart = false;
  std::uint32_t snapshot_every = 1;
};

/// What is known of an actor that is made anew.
struct saved_actor {
  bool stopped = false;
  bool has_state = false;
  buffer state;
};

// Defined where contexts are.
/// What an earlier life of this actor has saved; finished at once for the first.
[[nodiscard]] future<saved_actor> find_saved(task_context& context);
/// From now on the object is the actor that the running task makes; null for one that was stopped in an earlier life.
void take_seat(task_context& context, std::unique_ptr<seated_object> object, actor_plan plan);

/// The result of a task that makes an actor: the actor stays where it is.
struct seat_taken {};

/// What an argument for a constructor travels as: the value of a future, text for what is text, else its own type.
template <class A, class Plain = std::decay_t<A>>
struct constructor_argument {
  using type = std::conditional_t<std::is_convertible_v<A, std::string_view>, std::string, Plain>;
};
template <class A, class U>
struct constructor_argument<A, future<U>> {
  using type = U;
};

/// Makes a T on the worker it is called on.
template <class T, class... A>
class actor_maker {
 public:
  task<seat_taken> operator()(task_context& context, actor_plan plan, A... arguments) const {
    auto asked = find_saved(context);
    auto saved = co_await std::move(asked);
    std::unique_ptr<seated_object> object;
    if (!saved.stopped) {
      object = std::make_unique<seated<T>>(std::in_place, std::move(arguments)...);
      if (saved.has_state) object->restore(saved.state.bytes());
    }
    take_seat(context, std::move(object), plan);
    co_return seat_taken{};
  }
};

template <class Actor, class Arguments>
consteval bool refuse_constructor() {
  static_assert(never<Actor, Arguments>,
                "no constructor of this actor takes these arguments (each as a value of its own type; text as a "
                "std::string)");
  return false;
}

/// True when a T can be made from these arguments; otherwise one static_assert fails.
template <class T, class... Args>
consteval bool check_maker() {
  if constexpr (std::is_constructible_v<T, typename constructor_argument<Args>::type...>)
    return check_call<actor_maker<T, typename constructor_argument<Args>::type...>, actor_plan, Args...>();
  else
    return refuse_constructor<T, type_list<Args...>>();
}

/// Making an actor is called what its class is called.
template <class T, class... A>
struct names_of<actor_maker<T, A...>> {
  static function_names make() {
    using maker = actor_maker<T, A...>;
    auto names = names_of_object(typeid(maker), typeid(&maker::operator()));
    names.short_name = names_of_object(typeid(T), typeid(&maker::operator())).short_name;
    return names;
  }
};

}  // namespace troupe::detail
