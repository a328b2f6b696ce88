#pragma once

#include <troupe/actors/functions/call_function.hpp>
#include <troupe/actors/functions/received_argument.hpp>

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

namespace troupe::detail {

/// Has something to send, or cannot be made from nothing.
template <class Callable>
inline constexpr bool has_state = !std::is_empty_v<Callable> || !std::is_default_constructible_v<Callable>;

template <class Callable>
[[nodiscard]] Callable take_callable([[maybe_unused]] decoder& in) {
  if constexpr (!has_state<Callable>)
    return Callable{};
  else if constexpr (travels<Callable>)
    return take<Callable>(in);
  else
    throw_cannot_travel(typeid(Callable));
}

template <std::size_t I, class P>
struct received_at {
  received<P> argument;
};

/// All arguments, each made where it stays, in their order.
template <class Indices, class... P>
struct received_arguments;
template <std::size_t... I, class... P>
struct received_arguments<std::index_sequence<I...>, P...> : received_at<I, P>... {
  received_arguments([[maybe_unused]] decoder& in, [[maybe_unused]] input_list inputs)
      : received_at<I, P>{received<P>(in, inputs)}... {}

  template <class Function>
  decltype(auto) pass_to(Function&& function) {
    return function(static_cast<received_at<I, P>&>(*this).argument.pass()...);
  }
};

/// A call whose arguments are read from bytes; check_call has passed for the callable.
template <class Callable, class Parameters = typename signature_of<Callable>::parameters>
class encoded_run;

template <class Callable, class... P>
class encoded_run<Callable, type_list<P...>> {
  using signature = signature_of<Callable>;
  using value = typename signature::value;

 public:
  encoded_run(packet const& call, std::span<input const> inputs) : encoded_run(decoder(call), input_list(inputs)) {}

  typename signature::result operator()(task_context& context) {
    return arguments_.pass_to([&]<class... Passed>(Passed&&... arguments) -> typename signature::result {
      return call_function(typename signature::contexts{}, callable_, context, std::forward<Passed>(arguments)...);
    });
  }

  static value_ptr run(packet const& call, std::span<input const> inputs, task_context& context) {
    encoded_run self(call, inputs);
    return box_result<value>([&]() -> typename signature::result { return self(context); });
  }
  // Its frame keeps what the parameters refer to.
  static task<value_ptr> start(packet const& call, std::span<input const> inputs, task_context& context) {
    encoded_run self(call, inputs);
    auto body = self(context);
    if constexpr (std::is_void_v<value>) {
      co_await std::move(body);
      co_return unit_value();
    } else {
      value result = co_await std::move(body);
      co_return value_ptr(new value_box<value>(std::in_place, std::move(result)));
    }
  }

 private:
  encoded_run(decoder&& in, input_list inputs) : callable_(take_callable<Callable>(in)), arguments_(in, inputs) {
    in.expect_end();
  }

  [[no_unique_address]] Callable callable_;
  received_arguments<std::index_sequence_for<P...>, P...> arguments_;
};

}  // namespace troupe::detail
