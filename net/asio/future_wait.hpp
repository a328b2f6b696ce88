#pragma once

#include <troupe/futures/future.hpp>
#include <troupe/net/asio/pending_wait.hpp>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace troupe::detail {

/// How a wait hands the outcome over: with the value (async_wait), or alone (async_ready).
enum class hands_over : bool { nothing, value };

/// One wait for a future<T>: the handler, the work that it counts as, and the future.
template <class T, hands_over What, class Handler>
class handler_wait final : public pending_wait {
 public:
  handler_wait(Handler handler, future<T> f, boost::asio::execution_context* context)
      : pending_wait(*future_access::state(f), context), call_(std::in_place, std::move(handler), std::move(f)) {}

  static void start(Handler handler, future<T> f) {
    auto where = boost::asio::get_associated_executor(handler);
    auto slot = boost::asio::get_associated_cancellation_slot(handler);
    auto* self = new handler_wait(std::move(handler), std::move(f), context_of(where));
    if (slot.is_connected())
      slot.assign([self](boost::asio::cancellation_type type) {
        if (type != boost::asio::cancellation_type::none) self->stop();
      });
    self->begin();
  }

 private:
  using executor_type = boost::asio::associated_executor_t<Handler>;

  struct call {
    call(Handler h, future<T> f)
        : handler(std::move(h)), work(boost::asio::get_associated_executor(handler)), result(std::move(f)) {}
    Handler handler;
    boost::asio::executor_work_guard<executor_type> work;
    future<T> result;
  };

  template <class Executor>
  static boost::asio::execution_context* context_of(Executor const& where) {
    if constexpr (requires {
                    &static_cast<boost::asio::execution_context&>(
                        boost::asio::query(where, boost::asio::execution::context));
                  })
      return &static_cast<boost::asio::execution_context&>(boost::asio::query(where, boost::asio::execution::context));
    else
      return nullptr;
  }

  void drop_handler() noexcept override { call_.reset(); }
  void post_handler(std::unique_ptr<pending_wait> self) override {
    auto where = call_->work.get_executor();
    boost::asio::post(where, [owner = std::move(self), this]() mutable { finish(std::move(owner)); });
  }
  void finish(std::unique_ptr<pending_wait> self) {
    // The signal that the slot belongs to may go as soon as the handler is called.
    boost::asio::get_associated_cancellation_slot(call_->handler).clear();
    auto const was_stopped = stopped();
    call ended = std::move(*call_);
    self.reset();
    auto error = was_stopped ? stopped_error() : ended.result.error();
    if constexpr (What == hands_over::nothing || std::is_void_v<T>)
      std::move(ended.handler)(std::move(error));
    else
      hand_over(std::move(ended), std::move(error));
  }
  static void hand_over(call ended, std::exception_ptr error) {
    std::optional<T> value;
    if (!error) try {
        auto result = std::move(ended.result);
        value.emplace(future_access::state(result)->template take<T>());
      } catch (...) {
        error = std::current_exception();
      }
    if (!value) value.emplace();
    std::move(ended.handler)(std::move(error), std::move(*value));
  }

  std::optional<call> call_;
};

template <class T, hands_over What>
struct initiate_future_wait {
  template <class Handler>
  void operator()(Handler&& handler, future<T> f) const {
    handler_wait<T, What, std::decay_t<Handler>>::start(std::forward<Handler>(handler), std::move(f));
  }
};

template <class T>
using wait_signature =
    std::conditional_t<std::is_void_v<T>, void(std::exception_ptr), void(std::exception_ptr, stored_t<T>)>;

}  // namespace troupe::detail

namespace troupe {

/// A future as an asynchronous operation of Asio's: `int v = co_await f.async_wait(asio::use_awaitable)`.
///
/// - Success: completes with a null exception_ptr and the value: moved out when nobody else holds the future by then,
///   else copied; where T cannot be copied, with future_shared.
/// - Failure: completes with what awaiting would throw, and a default T (Asio's own convention): a T without a default
///   constructor is refused at compile time; async_ready(token), then get(), works for every T.
/// - Cancellation: the token's cancellation slot ends the wait alone, with system_error(operation_aborted); the future
///   goes on. A context that is destroyed destroys the handlers of its waits uncalled, as for its own operations.
/// - The handler runs on its associated executor, posted; the wait counts as work of it until then.
/// - Cost: two allocations, one post.
template <class T>
template <class Token>
auto future<T>::async_wait(Token&& token) const {
  static_assert(std::is_void_v<T> || std::is_default_constructible_v<T>,
                "async_wait completes with a default-constructed value beside an error, which this type does not have: "
                "use async_ready(token) and then get()");
  checked("async_wait");
  return boost::asio::async_initiate<Token, detail::wait_signature<T>>(
      detail::initiate_future_wait<T, detail::hands_over::value>(), token, *this);
}

/// Completes when the future is done, with its error or null, and leaves the value where it is: `get()` then does not
/// block. Otherwise as async_wait.
template <class T>
template <class Token>
auto future<T>::async_ready(Token&& token) const {
  checked("async_ready");
  return boost::asio::async_initiate<Token, void(std::exception_ptr)>(
      detail::initiate_future_wait<T, detail::hands_over::nothing>(), token, *this);
}

}  // namespace troupe
