#pragma once

#include <troupe/futures/future.hpp>

#include <fmt/core.h>

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <typeinfo>

namespace troupe {
namespace detail {

/// A type as one would write it: "std::string", "std::vector<double>", without default arguments of the library.
[[nodiscard]] std::string spelled_type(std::type_info const& type);
/// "4 B", "23.4 GB": three figures, powers of 1000.
[[nodiscard]] std::string spelled_bytes(std::size_t bytes);

[[nodiscard]] std::string describe_future(std::type_info const& type, state_base const* state);
std::ostream& write_text(std::ostream& out, std::string_view text);

}  // namespace detail

/// `future<int> inc-7f3a: pending`, `… finished 4 B`, `… failed` and what, `… cancelled`; `future<int>: empty` for one
/// that refers to nothing. Futures print so through operator<< and {fmt}, too.
template <class T>
[[nodiscard]] std::string to_string(future<T> const& f) {
  return detail::describe_future(typeid(T), detail::future_access::state(f).get());
}

template <class T>
std::ostream& operator<<(std::ostream& out, future<T> const& f) {
  return detail::write_text(out, to_string(f));
}

}  // namespace troupe

template <class T>
struct fmt::formatter<troupe::future<T>> {
  constexpr auto parse(format_parse_context& context) { return context.begin(); }
  template <class Context>
  auto format(troupe::future<T> const& f, Context& context) const {
    auto out = context.out();
    for (char c : to_string(f)) *out++ = c;
    return out;
  }
};
