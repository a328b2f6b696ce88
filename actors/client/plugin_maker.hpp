#pragma once

#include <troupe/actors/functions/actor_maker.hpp>
#include <troupe/actors/functions/check_call.hpp>
#include <troupe/actors/functions/function_name.hpp>
#include <troupe/actors/scheduler/plugin_place.hpp>
#include <troupe/actors/scheduler/scheduler_plugin.hpp>
#include <troupe/actors/worker/nanny_plugin.hpp>
#include <troupe/actors/worker/worker_plugin.hpp>
#include <troupe/futures/errors.hpp>
#include <troupe/net/codec/local.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace troupe::detail {

template <class T>
concept is_worker_plugin = std::derived_from<T, worker_plugin>;
template <class T>
concept is_scheduler_plugin = std::derived_from<T, scheduler_plugin>;
template <class T>
concept is_nanny_plugin = std::derived_from<T, nanny_plugin>;

/// One of the bases alone, which says whose plugin is meant.
template <class T>
concept plugin_kind =
    std::same_as<T, worker_plugin> || std::same_as<T, scheduler_plugin> || std::same_as<T, nanny_plugin>;

template <class T>
inline constexpr plugin_place place_of_plugin = is_scheduler_plugin<T> ? plugin_place::scheduler
                                                : is_nanny_plugin<T>   ? plugin_place::nanny
                                                                       : plugin_place::worker;

template <class T>
[[nodiscard]] std::string plugin_name() {
  return readable_type_name(typeid(T).name());
}

// Defined where contexts are.
/// Sets it up on the worker that runs the context.
void take_plugin(task_context& context, std::shared_ptr<worker_plugin> plugin, std::shared_ptr<void> object,
                 std::type_info const& type);

/// What calls that make plugins of this kind give.
template <class Kind>
struct made_by_maker {
  using type = void;
};
using scheduler_plugin_ptr = local<std::shared_ptr<scheduler_plugin>>;
template <>
struct made_by_maker<scheduler_plugin> {
  using type = scheduler_plugin_ptr;
};
using nanny_plugin_ptr = local<std::shared_ptr<nanny_plugin>>;
template <>
struct made_by_maker<nanny_plugin> {
  using type = nanny_plugin_ptr;
};

/// Makes a T where it is called, and sets it up.
template <class T, class... A>
class worker_plugin_maker {
 public:
  void operator()(task_context& context, A... arguments) const {
    auto made = std::make_shared<T>(std::move(arguments)...);
    take_plugin(context, made, made, typeid(T));
  }
};
template <class T, class... A>
class scheduler_plugin_maker {
 public:
  scheduler_plugin_ptr operator()(A... arguments) const {
    auto made = std::make_shared<T>(std::move(arguments)...);
    made->setup();
    return scheduler_plugin_ptr(std::move(made));
  }
};
/// Makes a T, which its nanny sets up.
template <class T, class... A>
class nanny_plugin_maker {
 public:
  nanny_plugin_ptr operator()(A... arguments) const {
    return nanny_plugin_ptr(std::make_shared<T>(std::move(arguments)...));
  }
};

template <class T, class... A>
using plugin_maker = std::conditional_t<
    is_worker_plugin<T>, worker_plugin_maker<T, A...>,
    std::conditional_t<is_scheduler_plugin<T>, scheduler_plugin_maker<T, A...>, nanny_plugin_maker<T, A...>>>;

/// Making a plugin is called what its class is called.
template <class T, class Maker>
[[nodiscard]] function_names names_of_maker() {
  auto names = names_of_object(typeid(Maker), typeid(&Maker::operator()));
  names.short_name = names_of_object(typeid(T), typeid(&Maker::operator())).short_name;
  return names;
}
template <class T, class... A>
struct names_of<worker_plugin_maker<T, A...>> {
  static function_names make() { return names_of_maker<T, worker_plugin_maker<T, A...>>(); }
};
template <class T, class... A>
struct names_of<scheduler_plugin_maker<T, A...>> {
  static function_names make() { return names_of_maker<T, scheduler_plugin_maker<T, A...>>(); }
};
template <class T, class... A>
struct names_of<nanny_plugin_maker<T, A...>> {
  static function_names make() { return names_of_maker<T, nanny_plugin_maker<T, A...>>(); }
};

template <class Plugin, class Arguments>
consteval bool refuse_plugin_arguments() {
  static_assert(never<Plugin, Arguments>,
                "no constructor of this plugin takes these arguments (each as a value of its own type; text as a "
                "std::string)");
  return false;
}

template <class Type>
consteval bool refuse_plugin_class() {
  static_assert(never<Type>, "a plugin derives from one of troupe::worker_plugin, scheduler_plugin and nanny_plugin");
  return false;
}

/// True when a T can be made from these arguments; otherwise one static_assert fails.
template <class T, class... Args>
consteval bool check_plugin() {
  static_assert(!(holds_futures<std::decay_t<Args>> || ...), "await the future, and pass its value");
  if constexpr (is_worker_plugin<T> + is_scheduler_plugin<T> + is_nanny_plugin<T> != 1 || plugin_kind<T>)
    return refuse_plugin_class<T>();
  else if constexpr (std::is_constructible_v<T, typename constructor_argument<Args>::type...>)
    return check_call<plugin_maker<T, typename constructor_argument<Args>::type...>, Args...>();
  else
    return refuse_plugin_arguments<T, type_list<Args...>>();
}

/// The name, among functions, of the call that makes a plugin which is exported as `name`: that of no task.
[[nodiscard]] std::string maker_name(plugin_place place, std::string_view name);

}  // namespace troupe::detail
