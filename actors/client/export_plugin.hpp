#pragma once

#include <troupe/actors/client/plugin_maker.hpp>
#include <troupe/actors/functions/check_call.hpp>
#include <troupe/actors/functions/export_task.hpp>
#include <troupe/actors/functions/function_info.hpp>

#include <string>
#include <type_traits>

namespace troupe {
namespace detail {

template <class Plugin, class... P>
consteval bool check_exported_plugin() {
  static_assert((std::is_same_v<P, std::decay_t<P>> && ...), "a plugin is exported with the types of values");
  if constexpr (!check_plugin<Plugin, P...>())
    return false;
  else
    return check_callable<plugin_maker<Plugin, P...>>();
}

}  // namespace detail

/// Remembers nothing; it is there to be a namespace's variable, whose initialisation exports.
struct exported_plugin {};

/// Lets programs that do not have the class register a plugin of this program or shared library by name,
/// `client.register_plugin("database", "db://prices", 4)`. P… are the types of the arguments, each a value:
///
///     inline auto const exported = troupe::export_plugin<database, std::string, int>("database");
///
/// Else as export_task.
template <class Plugin, class... P>
[[nodiscard("keep it in a variable at namespace scope: export_plugin runs when that is initialised")]] exported_plugin
export_plugin(detail::exported_name name) {
  using maker = detail::plugin_maker<Plugin, P...>;
  if constexpr (detail::check_exported_plugin<Plugin, P...>())
    detail::export_function(detail::maker_name(detail::place_of_plugin<Plugin>, name.text()),
                            detail::make_nameless_info<maker>());
  return {};
}

}  // namespace troupe
