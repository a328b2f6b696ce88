#pragma once

#include <troupe/futures/future.hpp>

#include <type_traits>
#include <utility>

namespace troupe {

/// A future that can be awaited only by name. GCC 12 destroys a temporary of an aggregate type twice when it lies in
/// the same full expression as a co_await, so calls that take such a temporary return this there:
///
///     auto f = client.submit<handle>(request{1, "…"});  // two steps
///     co_await f;
///
/// Awaiting the call itself is a compile error instead of a double free. It is a future in all else, and converts to
/// one: `future<T> f = …; co_await std::move(f)` moves the value out.
template <class T>
class [[nodiscard("dropping the last future of a task cancels it")]] named_future : public future<T> {
 public:
  named_future() noexcept = default;
  named_future(future<T> f) noexcept : future<T>(std::move(f)) {}

  [[nodiscard]] typename future<T>::reading_await operator co_await() const& { return future<T>::operator co_await(); }
  template <class U = T>
  typename future<U>::taking_await operator co_await() && {
    static_assert(!std::is_same_v<U, T>,
                  "GCC 12 would destroy the temporary arguments of this call twice: write two steps, "
                  "`auto f = call(…); co_await f;`");
    return static_cast<future<U>&&>(*this).operator co_await();
  }
};

namespace detail {

template <class T>
struct is_future<named_future<T>> : std::true_type {};

/// An rvalue that GCC 12 destroys twice where it is a temporary of an awaiting full expression.
template <class Arg>
inline constexpr bool miscompiled_by_gcc_12 =
    !std::is_lvalue_reference_v<Arg> && std::is_aggregate_v<std::remove_cvref_t<Arg>> &&
    !std::is_trivially_destructible_v<std::remove_cvref_t<Arg>>;

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
inline constexpr bool compiler_frees_aggregates_twice = true;
#else
inline constexpr bool compiler_frees_aggregates_twice = false;
#endif

/// What a call returns that makes a future<T> of forwarded arguments of types Args (as deduced for `Args&&`).
template <class T, class... Args>
using submit_result_t = std::conditional_t<compiler_frees_aggregates_twice && (miscompiled_by_gcc_12<Args> || ...),
                                           named_future<T>, future<T>>;

}  // namespace detail
}  // namespace troupe
