#pragma once

#include <troupe/actors/functions/typed_call.hpp>
#include <troupe/actors/worker/task_context.hpp>
#include <troupe/futures/manual_executor.hpp>
#include <troupe/futures/promise.hpp>
#include <troupe/futures/root.hpp>
#include <troupe/net/codec/codec.hpp>

#include <cstddef>
#include <exception>
#include <utility>
#include <vector>

namespace function_test {

/// Counts what happens to values of it.
struct counted {
  static inline int copies = 0;
  static inline int moves = 0;
  static inline int live = 0;
  static void reset() { copies = moves = 0; }

  explicit counted(int v) : value(v) { ++live; }
  counted(counted const& other) : value(other.value) { ++copies, ++live; }
  counted(counted&& other) noexcept : value(std::exchange(other.value, -1)) { ++moves, ++live; }
  counted& operator=(counted const&) = delete;
  ~counted() { --live; }

  int value;

  friend void encode(troupe::encoder& out, counted const& c) { out.write_int(c.value); }
  friend counted decode(troupe::decoder& in, std::type_identity<counted>) {
    return counted(static_cast<int>(in.read_int()));
  }
  friend std::size_t nbytes(counted const&) { return 4; }
};

/// A context for functions that do not look into it.
inline troupe::task_context& some_context() {
  static std::byte nothing[64];
  static troupe::task_context context(reinterpret_cast<troupe::detail::execution&>(nothing));
  return context;
}

template <auto F, class... Args>
troupe::detail::bound_call bind(Args&&... arguments) {
  return troupe::detail::bind_call(troupe::detail::function_tag<F>{}, std::forward<Args>(arguments)...);
}

template <class T>
troupe::detail::input ready(T value, bool last_use = false) {
  return {troupe::detail::value_ptr(new troupe::detail::value_box<T>(std::in_place, std::move(value))), last_use};
}

template <class T>
T const& result(troupe::detail::value_ptr const& value) {
  return troupe::detail::value_cast<T>(*value);
}

inline troupe::detail::value_ptr run(troupe::detail::bound_call const& bound,
                                     std::vector<troupe::detail::input> const& inputs = {}, bool final_attempt = true) {
  return bound.call->invoke(inputs, some_context(), final_attempt);
}

/// A future that never ends, for its type and identity.
template <class T>
struct pending {
  troupe::promise<T> promise;
  troupe::future<T> future = promise.get_future();
};

}  // namespace function_test
