#pragma once

#include <troupe/actors/functions/encode_arguments.hpp>
#include <troupe/actors/functions/function_info.hpp>
#include <troupe/actors/functions/nested_futures.hpp>
#include <troupe/actors/functions/parameter.hpp>
#include <troupe/futures/future.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace troupe::detail {

/// What an argument of a call by name travels as: the value of a future, text for what is text, else its own type.
template <class A, class Plain = std::decay_t<A>>
struct named_argument {
  using value = std::conditional_t<std::is_convertible_v<A, std::string_view>, std::string,
                                   replaced_t<to_value, parameter_value<Plain>>>;
  using given = std::conditional_t<std::is_convertible_v<A, std::string_view>, std::string, parameter_value<Plain>>;
};

template <class Given, class A>
replaced_t<to_slot, Given> store_named(A&& argument, std::uint32_t& next_slot) {
  if constexpr (holds_futures<Given>)
    return without_futures(std::forward<A>(argument), next_slot);
  else if constexpr (std::is_constructible_v<Given, A>)
    return Given(std::forward<A>(argument));
  else
    return Given(argument.begin(), argument.end());
}

/// The call of a function that some program exports as `name`, and that must take exactly these argument types and give
/// an R: `i32(i32)` is not called with a long. Futures stand for their values. The arguments are encoded at once.
/// Throws future_invalid for an empty future, codec_error for what cannot leave its process.
template <class R, class... Args>
  requires(travels<stored_t<R>> && (travels<typename named_argument<Args>::value> && ...))
[[nodiscard]] bound_call bind_named_call(std::string name, Args&&... arguments) {
  bound_call result;
  [[maybe_unused]] auto collect = [&result](auto const& f) { result.inputs.push_back(input_state(f)); };
  (for_each_future(arguments, collect), ...);

  using stored = std::tuple<replaced_t<to_slot, typename named_argument<Args>::given>...>;
  [[maybe_unused]] std::uint32_t next = 0;
  // Braces: slots are numbered from left to right.
  auto const kept = std::make_shared<stored const>(
      stored{store_named<typename named_argument<Args>::given>(std::forward<Args>(arguments), next)...});
  encoder out;
  out.share(kept);
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (encode_stored<typename named_argument<Args>::given>(out, std::get<I>(*kept)), ...);
  }(std::index_sequence_for<Args...>{});

  auto const& function =
      named_function(std::move(name), spell_function<R>(type_list<typename named_argument<Args>::value...>{}),
                     typeid(stored_t<R>), &unpack_value<stored_t<R>>);
  result.call = make_encoded_call(function, out.take_packet());
  return result;
}

}  // namespace troupe::detail
