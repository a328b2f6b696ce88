#include "packet_of.hpp"

#include <troupe/actors/functions/typed_call.hpp>
#include <troupe/actors/worker/task_context.hpp>
#include <troupe/net/codec/error.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

// Calls are run from bytes that nobody wrote, with inputs that are there.

namespace {

using troupe::detail::function_info_of;
using troupe::detail::function_tag;
using troupe::detail::value_box;
using troupe::detail::value_ptr;

int numbers(int a, std::vector<int> const& b, std::array<int, 2> c, std::optional<int> d) {
  return static_cast<int>(static_cast<unsigned>(a) + b.size() + static_cast<unsigned>(c[0]) +
                          static_cast<unsigned>(d.value_or(0)));
}
std::size_t views(std::string_view text, std::span<double const> run, std::span<std::uint8_t const> bytes,
                  std::span<std::string const> texts) {
  std::size_t n = text.size() + texts.size();
  for (char c : text) n += static_cast<unsigned char>(c);
  for (double x : run) n += x > 0;
  for (auto b : bytes) n += b;
  return n;
}
std::string nested(std::map<std::string, std::vector<std::string>> a, std::tuple<int, std::string> const& b,
                   std::optional<std::vector<bool>> c, std::deque<std::optional<int>> d) {
  return std::get<1>(b) + std::to_string(a.size() + (c ? c->size() : 0) + d.size());
}
std::size_t buffers(troupe::buffer a, std::vector<troupe::buffer> const& b) { return a.size() + b.size(); }
struct scale {
  double factor = 1;
  double operator()(double x) const { return factor * x; }
};

template <class T>
troupe::detail::input ready(T value) {
  return {value_ptr(new value_box<T>(std::in_place, std::move(value))), false};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  static std::byte nothing[64];
  static troupe::task_context context(reinterpret_cast<troupe::detail::execution&>(nothing));
  static std::array<troupe::detail::function_info const*, 5> const functions{
      &function_info_of<function_tag<&numbers>>(), &function_info_of<function_tag<&views>>(),
      &function_info_of<function_tag<&nested>>(), &function_info_of<function_tag<&buffers>>(),
      &function_info_of<scale>()};
  static std::array<troupe::detail::input, 6> const inputs{
      ready(5),    ready(std::string("text")),          ready(std::vector<int>{1, 2}), ready(std::vector<double>{1, 2}),
      ready(true), ready(std::vector<std::string>{"a"})};

  fuzz::source in(data, size);
  auto const& function = *functions[in.byte() % functions.size()];
  auto const call = troupe::detail::make_encoded_call(function, fuzz::packet_of(in));
  try {
    auto const result = call->invoke(inputs, context, true);
    static_cast<void>(function.unpack(pack(result)));
  } catch (troupe::error const&) {
    return 0;
  }
  return 0;
}
