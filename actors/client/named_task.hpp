#pragma once

#include <troupe/futures/named_future.hpp>
#include <troupe/futures/task.hpp>

#include <type_traits>
#include <utility>

namespace troupe {

/// A task that can be awaited only by name, for the reason that named_future has:
///
///     auto moved = client.scatter(record{1, "…"});
///     auto data = co_await moved;
template <class T>
class [[nodiscard("a task does nothing until it is awaited")]] named_task : public task<T> {
 public:
  named_task() noexcept = default;
  named_task(task<T> body) noexcept : task<T>(std::move(body)) {}

  [[nodiscard]] typename task<T>::awaiter operator co_await() & {
    return static_cast<task<T>&&>(*this).operator co_await();
  }
  template <class U = T>
  typename task<U>::awaiter operator co_await() && {
    static_assert(!std::is_same_v<U, T>,
                  "GCC 12 would destroy the temporary arguments of this call twice: write two steps, "
                  "`auto started = call(…); co_await started;`");
    return static_cast<task<U>&&>(*this).operator co_await();
  }
};

namespace detail {

/// What a call returns that makes a task<T> of forwarded arguments of types Args (as deduced for `Args&&`).
template <class T, class... Args>
using call_task_t =
    std::conditional_t<compiler_frees_aggregates_twice && (miscompiled_by_gcc_12<Args> || ...), named_task<T>, task<T>>;

}  // namespace detail
}  // namespace troupe
