#pragma once

#include <troupe/actors/functions/check_call.hpp>
#include <troupe/actors/functions/function_info.hpp>

#include <string>
#include <string_view>

namespace troupe {
namespace detail {

/// A name that cannot be that of a function in C++, checked when the program is compiled.
class exported_name {
 public:
  template <std::size_t N>
  consteval exported_name(char const (&text)[N]) : text_(text, N - 1) {  // NOLINT(google-explicit-constructor)
    for (char c : text_)
      if (c == '(' || c == '@' || c <= ' ') throw "a task is exported under a name without spaces, ( and @";
    if (text_.empty()) throw "a task is exported under a name";
  }
  [[nodiscard]] std::string_view text() const noexcept { return text_; }

 private:
  std::string_view text_;
};

}  // namespace detail

/// Remembers nothing; it is there to be a namespace's variable, whose initialisation exports.
struct exported_task {};

/// Lets other programs call a function of this program or shared library by name, `client.submit<int>("price", 7)`:
///
///     inline auto const exported = troupe::export_task<&shop::price>("price");
///
/// At namespace scope, in one line; the function is then known from the start of the program, or from when the library
/// is loaded, until the program ends. Functions of different types may have the same name. A second function of one
/// name and type is an error, which names both object files, when the functions of the program are first asked for.
template <auto Function>
[[nodiscard("keep it in a variable at namespace scope: export_task runs when that is initialised")]] exported_task
export_task(detail::exported_name name) {
  using callable = detail::function_tag<Function>;
  if constexpr (detail::check_callable<callable>())
    detail::export_function(std::string(name.text()), detail::make_nameless_info<callable>());
  return {};
}

}  // namespace troupe
