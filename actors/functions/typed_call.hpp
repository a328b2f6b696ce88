#pragma once

#include <troupe/actors/functions/call_function.hpp>
#include <troupe/actors/functions/encode_arguments.hpp>
#include <troupe/actors/functions/function_info.hpp>
#include <troupe/actors/functions/nested_futures.hpp>
#include <troupe/actors/functions/parameter.hpp>
#include <troupe/actors/functions/signature.hpp>
#include <troupe/net/codec/nbytes.hpp>

#include <cstddef>
#include <cstdint>
#include <tuple>
#include <type_traits>
#include <utility>

namespace troupe::detail {

[[noreturn]] void throw_is_coroutine(function_info const& function);
[[noreturn]] void throw_is_no_coroutine(function_info const& function);

/// How an argument of (decayed) type A for parameter P is stored: as the parameter's value, or as A with slots.
template <class P, class A>
struct argument_form {
  static constexpr bool direct = false;
  static constexpr bool nested = false;
  using stored = parameter_value<P>;
};
template <class P, class T>
struct argument_form<P, future<T>> {
  static constexpr bool direct = true;
  static constexpr bool nested = false;
  using stored = slot;
};
template <class P, class A>
  requires(holds_futures<A> && !is_future<A>::value)
struct argument_form<P, A> {
  static constexpr bool direct = false;
  static constexpr bool nested = true;
  using stored = replaced_t<to_slot, A>;
};

template <class P, class A>
typename argument_form<P, std::remove_cvref_t<A>>::stored store_argument(A&& argument, std::uint32_t& next_slot) {
  if constexpr (holds_futures<std::remove_cvref_t<A>>)
    return without_futures(std::forward<A>(argument), next_slot);
  else
    return convert_argument<P, A>(std::forward<A>(argument));
}

/// What is held for parameter P while the function runs: a reference to the stored value, or a value of its own.
template <class P, class A>
decltype(auto) prepare_argument(typename argument_form<P, A>::stored& stored, input_list inputs, bool consume) {
  using form = argument_form<P, A>;
  using value = parameter_value<P>;
  constexpr bool owned = parameter<P>::how == passing::by_value;
  if constexpr (form::nested)
    return materialise<A>(stored, inputs, consume);
  else if constexpr (form::direct && owned)
    return take_value<value>(inputs.at(stored));
  else if constexpr (form::direct)
    return static_cast<value const&>(value_cast<value>(*inputs.at(stored).value));
  else if constexpr (owned)
    return take_stored(stored, consume);
  else
    return static_cast<value const&>(stored);
}

/// Packets may refer to the memory of a stored argument: it is not moved into the function then, but copied.
template <class P, class A>
inline constexpr bool can_be_shared =
    parameter<P>::how != passing::by_value || copies<typename argument_form<P, A>::stored>;

template <class P, class A>
void encode_argument(encoder& out, typename argument_form<P, A>::stored const& stored) {
  using form_before = std::conditional_t<holds_futures<A>, A, typename argument_form<P, A>::stored>;
  if constexpr (can_be_shared<P, A>) {
    encode_stored<form_before>(out, stored);
  } else {
    auto const outside = out.enter_hook();
    encode_stored<form_before>(out, stored);
    out.leave_hook(outside);
  }
}

/// The prepared argument as the parameter wants it.
template <class P, class Prepared>
decltype(auto) pass_argument(Prepared& prepared) {
  if constexpr (parameter<P>::how == passing::by_value)
    return static_cast<std::remove_cvref_t<P>&&>(prepared);
  else if constexpr (parameter<P>::how == passing::as_view)
    return typename parameter<P>::view(prepared);
  else
    return static_cast<P>(prepared);
}

template <class Callable, class Parameters, class Arguments>
class typed_call;

/// The call of a Callable (decayed) with arguments of types A… (decayed); check_call has passed.
template <class Callable, class... P, class... A>
class typed_call<Callable, type_list<P...>, type_list<A...>> final : public call_base {
  using signature = signature_of<Callable>;
  using result_value = typename signature::value;
  using stored = std::tuple<typename argument_form<P, A>::stored...>;
  using prepared = std::tuple<decltype(prepare_argument<P, A>(std::declval<typename argument_form<P, A>::stored&>(),
                                                              std::declval<input_list>(), true))...>;

 public:
  typed_call(Callable callable, stored arguments)
      : call_base(function_info_of<Callable>()), callable_(std::move(callable)), arguments_(std::move(arguments)) {}

  [[nodiscard]] std::size_t nbytes() const override { return troupe::nbytes(arguments_); }
  void encode(encoder& out) const override {
    if constexpr (has_state<Callable>) encode_stored<Callable>(out, callable_);
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (encode_argument<P, A>(out, std::get<I>(arguments_)), ...);
    }(std::index_sequence_for<P...>{});
  }

  [[nodiscard]] value_ptr invoke(std::span<input const> inputs, task_context& context, bool final_attempt) override {
    if constexpr (signature::is_coroutine) {
      throw_is_coroutine(function());
    } else {
      prepared ready = prepare(input_list(inputs), final_attempt);
      return box_result<result_value>([&]() -> typename signature::result { return apply(ready, context); });
    }
  }

  [[nodiscard]] task<value_ptr> start(std::span<input const> inputs, task_context& context,
                                      bool final_attempt) override {
    if constexpr (signature::is_coroutine)
      return run(*this, inputs, context, final_attempt);
    else
      throw_is_no_coroutine(function());
  }
  [[nodiscard]] bool gives_arguments_away() const noexcept override {
    return ((parameter<P>::how == passing::by_value &&
             !std::is_trivially_copyable_v<typename argument_form<P, A>::stored>) ||
            ...);
  }
  [[nodiscard]] bool moves_inputs() const noexcept override {
    return ((parameter<P>::how == passing::by_value && !std::is_trivially_copyable_v<std::remove_cvref_t<P>>) || ...);
  }

 private:
  // Its frame keeps what the parameters refer to.
  static task<value_ptr> run(typed_call& self, std::span<input const> inputs, task_context& context,
                             bool final_attempt) {
    prepared ready = self.prepare(input_list(inputs), final_attempt);
    auto body = self.apply(ready, context);
    if constexpr (std::is_void_v<result_value>) {
      co_await std::move(body);
      co_return unit_value();
    } else {
      result_value value = co_await std::move(body);
      co_return value_ptr(new value_box<result_value>(std::in_place, std::move(value)));
    }
  }

  prepared prepare(input_list inputs, bool consume) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return prepared{prepare_argument<P, A>(std::get<I>(arguments_), inputs, consume_argument<P, A>(consume))...};
    }(std::index_sequence_for<P...>{});
  }
  template <class Parameter, class Argument>
  [[nodiscard]] bool consume_argument(bool consume) const noexcept {
    return consume && !(can_be_shared<Parameter, Argument> && arguments_are_shared());
  }

  typename signature::result apply(prepared& ready, task_context& context) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) -> typename signature::result {
      return call_function(typename signature::contexts{}, callable_, context, pass_argument<P>(std::get<I>(ready))...);
    }(std::index_sequence_for<P...>{});
  }

  [[no_unique_address]] Callable callable_;
  stored arguments_;
};

/// Binds `callable` to `arguments`, in which futures and handles become gaps.
template <class Callable, class... Args>
[[nodiscard]] call_ptr make_call(Callable callable, Args&&... arguments) {
  return [&]<class... P>(type_list<P...>) {
    using arguments_as_given = type_list<handles_as_futures_t<std::remove_cvref_t<Args>>...>;
    using made = typed_call<Callable, type_list<P...>, arguments_as_given>;
    [[maybe_unused]] std::uint32_t next = 0;
    // Braces: slots are numbered from left to right.
    std::tuple<typename argument_form<P, std::remove_cvref_t<Args>>::stored...> stored{
        store_argument<P>(std::forward<Args>(arguments), next)...};
    return call_ptr(new made(std::move(callable), std::move(stored)));
  }(typename signature_of<Callable>::parameters{});
}

/// Binds `callable` to `arguments` and collects the futures among them. Ask check_call<Callable, Args...>() first.
/// Throws future_invalid for an empty future.
template <class Callable, class... Args>
[[nodiscard]] bound_call bind_call(Callable callable, Args&&... arguments) {
  bound_call result;
  [[maybe_unused]] auto collect = [&result](auto const& f) { result.inputs.push_back(input_state(f)); };
  (for_each_future(arguments, collect), ...);
  result.call = make_call(std::move(callable), std::forward<Args>(arguments)...);
  return result;
}

}  // namespace troupe::detail
