#pragma once

#include <troupe/actors/client/client.hpp>

namespace troupe {
namespace detail {

/// How an argument of a map for parameter P is used. A is the argument as forwarded.
template <class P, class A, class Plain = std::remove_cvref_t<A>>
struct map_argument {
  static constexpr bool each = false;
  using element = Plain const&;
};
template <class P, class A, class T>
struct map_argument<P, A, fixed<T>> {
  static constexpr bool each = false;
  using element = T const&;
};

/// The elements of a range that expires are moved out of it; those of a view belong to somebody else.
template <class A>
using element_of = std::conditional_t<std::is_lvalue_reference_v<A> || std::ranges::view<std::remove_cvref_t<A>>,
                                      std::ranges::range_reference_t<A>, std::ranges::range_rvalue_reference_t<A>>;

template <class P, class E>
inline constexpr bool element_fits =
    converts<P, E> || std::is_same_v<replaced_t<to_value, std::remove_cvref_t<E>>, parameter_value<P>>;

template <class P, class A, class Plain>
  requires(std::ranges::input_range<A> && !is_fixed<Plain> && element_fits<P, element_of<A>>)
struct map_argument<P, A, Plain> {
  static constexpr bool each = true;
  using element = element_of<A>;
};

/// Walks through one argument of a map.
template <class P, class A>
class map_cursor {
 public:
  explicit map_cursor(std::remove_reference_t<A>& argument) : argument_(argument) {}
  [[nodiscard]] bool at_end() const noexcept { return false; }
  void advance() noexcept {}
  [[nodiscard]] auto const& get() const noexcept {
    if constexpr (is_fixed<std::remove_cvref_t<A>>)
      return argument_.value();
    else
      return argument_;
  }

 private:
  std::remove_reference_t<A>& argument_;
};
template <class P, class A>
  requires(map_argument<P, A>::each)
class map_cursor<P, A> {
 public:
  explicit map_cursor(std::remove_reference_t<A>& argument)
      : at_(std::ranges::begin(argument)), end_(std::ranges::end(argument)) {}
  [[nodiscard]] bool at_end() const { return at_ == end_; }
  void advance() { ++at_; }
  [[nodiscard]] element_of<A> get() const { return static_cast<element_of<A>>(*at_); }

 private:
  std::ranges::iterator_t<std::remove_reference_t<A>> at_;
  std::ranges::sentinel_t<std::remove_reference_t<A>> end_;
};

template <class... P>
struct map_over {
  template <class Callable, class... A>
  static consteval bool check() {
    if constexpr (!check_call<Callable, typename map_argument<P, A>::element...>()) {
      return false;
    } else {
      static_assert((map_argument<P, A>::each || ...),
                    "map needs a range among its arguments whose elements fit their parameter");
      return (map_argument<P, A>::each || ...);
    }
  }
};

}  // namespace detail

template <class Callable, class... Args>
auto client::map_call(Callable const& callable, Args&&... arguments) const {
  using value = detail::call_value<Callable>;
  std::vector<future<value>> futures;
  if constexpr (!detail::check_callable<Callable>()) {
    return futures;
  } else if constexpr (detail::signature_of<Callable>::parameters::size != sizeof...(Args)) {
    static_cast<void>(detail::check_call<Callable, Args...>());
    return futures;
  } else {
    [&]<class... P>(detail::type_list<P...>) {
      if constexpr (detail::map_over<P...>::template check<Callable, Args...>()) {
        auto batch = open_batch();
        auto cursors = std::make_tuple(detail::map_cursor<P, Args>(arguments)...);
        for (; !std::apply([](auto const&... c) { return (c.at_end() || ...); }, cursors);
             std::apply([](auto&... c) { (c.advance(), ...); }, cursors))
          futures.push_back(std::apply(
              [&](auto const&... c) {
                return detail::future_access::make<value>(
                    batch.submit(detail::bind_call(Callable(callable), c.get()...)));
              },
              cursors));
      }
    }(typename detail::signature_of<Callable>::parameters{});
    return futures;
  }
}

}  // namespace troupe
