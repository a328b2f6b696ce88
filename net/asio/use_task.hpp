#pragma once

#include <troupe/net/asio/operation.hpp>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

#include <coroutine>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <tuple>
#include <type_traits>
#include <utility>

namespace troupe {

/// A completion token: in a task, `auto n = co_await socket.async_read_some(buffer, troupe::use_task)`.
///
/// - Success: gives what the operation completes with after its error: nothing, one value, or a tuple.
/// - Failure: an error_code is thrown as boost::system::system_error, an exception_ptr is rethrown. An operation that
///   its I/O context drops uncompleted ends with operation_aborted.
/// - Cancellation: a stop request of the task cancels the operation (terminal) on the I/O object's executor and waits
///   for it; if that ended it, the await throws cancelled_error("stopped"). An operation that does not tell its
///   executor runs to its end.
/// - The task resumes on its own executor; the I/O context only hands the result over.
/// - Cost: two allocations where the task can be asked to stop; else only Asio's own.
///
/// The operation starts when it is awaited, on the task's thread. As everywhere in Asio, an I/O object whose context is
/// run by several threads needs a strand.
class use_task_t {
 public:
  constexpr use_task_t() noexcept {}
};
inline constexpr use_task_t use_task;

namespace detail {

/// The awaitable of an operation: starts it, keeps its results, resumes the task.
template <class Initiation, class Results, class... Inputs>
class use_task_await;

template <class Initiation, class... Results, class... Inputs>
class [[nodiscard("an operation with use_task starts when it is awaited")]]
use_task_await<Initiation, void(Results...), Inputs...>
    final : public asio_operation {
 public:
  template <class I, class... Is>
  explicit use_task_await(std::in_place_t, I&& initiation, Is&&... inputs)
      : initiation_(std::forward<I>(initiation)), inputs_(std::forward<Is>(inputs)...) {}

  [[nodiscard]] bool await_ready() const noexcept { return false; }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> awaiting) {
    auto const* env = environment_of(awaiting);
    prepare(awaiting, env);
    // The operation may end, and this object go, on another thread before the initiation returns.
    Initiation initiation(std::move(initiation_));
    std::tuple<Inputs...> inputs(std::move(inputs_));
    auto relay = relay_stops(initiation, env);
    std::unique_lock<std::recursive_mutex> not_yet;
    if (relay) {
      not_yet = std::unique_lock(relay->mutex);
      if (!relay->begin()) return give_up();
    }
    initiating here(*this);
    std::apply([&](auto&... in) { std::move(initiation)(handler(*this, relay), std::move(in)...); }, inputs);
    return !here.dropped();
  }

  auto await_resume() {
    on_stop_.reset();
    if (!results_) throw_without_result();
    return unpack(std::move(*results_));
  }

 private:
  /// What the operation calls; tells the awaitable when it goes without being called.
  class handler {
   public:
    using cancellation_slot_type = boost::asio::cancellation_slot;

    handler(use_task_await& to, std::shared_ptr<stop_relay> relay) noexcept : to_(&to), relay_(std::move(relay)) {}
    handler(handler&& other) noexcept : to_(std::exchange(other.to_, nullptr)), relay_(std::move(other.relay_)) {}
    handler& operator=(handler&&) = delete;
    ~handler() {
      if (to_) to_->drop();
    }

    [[nodiscard]] cancellation_slot_type get_cancellation_slot() const noexcept {
      return relay_ ? relay_->signal.slot() : cancellation_slot_type();
    }

    template <class... Args>
    void operator()(Args&&... args) noexcept {
      std::exchange(to_, nullptr)->complete(std::forward<Args>(args)...);
    }

   private:
    use_task_await* to_;
    std::shared_ptr<stop_relay> relay_;
  };

  template <class... Args>
  void complete(Args&&... args) {
    results_.emplace(std::forward<Args>(args)...);
    hand_back();
  }

  /// Null where the task cannot be asked to stop or the operation cannot be told.
  std::shared_ptr<stop_relay> relay_stops(Initiation const& initiation, environment const* env) {
    if constexpr (requires { initiation.get_executor(); }) {
      if (env && env->stop.stop_possible()) {
        auto relay = std::make_shared<stop_relay>();
        use_relay(relay);
        auto where = boost::asio::get_associated_executor(initiation);
        on_stop_.emplace(env->stop,
                         stop_poster([relay, where] { boost::asio::post(where, [relay] { relay->request(); }); }));
        return relay;
      }
    }
    return nullptr;
  }

  auto unpack(std::tuple<std::decay_t<Results>...> results) {
    return std::apply([this](auto&&... all) { return this->rest(std::move(all)...); }, std::move(results));
  }
  void rest() const noexcept {}
  template <class First, class... Rest>
  auto rest(First&& first, Rest&&... others) {
    if constexpr (asio_error<std::remove_cvref_t<First>>) {
      throw_if(first);
      return values(std::forward<Rest>(others)...);
    } else {
      return values(std::forward<First>(first), std::forward<Rest>(others)...);
    }
  }
  static void values() noexcept {}
  template <class T>
  static T values(T&& one) {
    return std::forward<T>(one);
  }
  template <class... Ts>
    requires(sizeof...(Ts) > 1)
  static std::tuple<Ts...> values(Ts&&... several) {
    return {std::forward<Ts>(several)...};
  }

  Initiation initiation_;
  std::tuple<Inputs...> inputs_;
  std::optional<std::tuple<std::decay_t<Results>...>> results_;
  std::optional<std::stop_callback<stop_poster>> on_stop_;
};

}  // namespace detail
}  // namespace troupe

/// How Asio's operations take the token.
template <class... Results>
class boost::asio::async_result<troupe::use_task_t, void(Results...)> {
 public:
  template <class Initiation, class... Inputs>
  static auto initiate(Initiation&& initiation, troupe::use_task_t, Inputs&&... inputs) {
    using await = troupe::detail::use_task_await<std::decay_t<Initiation>, void(Results...), std::decay_t<Inputs>...>;
    return await(std::in_place, std::forward<Initiation>(initiation), std::forward<Inputs>(inputs)...);
  }
};
