#pragma once

#include <troupe/futures/shared_state.hpp>
#include <troupe/futures/work.hpp>

#include <boost/asio/execution_context.hpp>

#include <exception>
#include <memory>

namespace troupe::detail {

/// The waits whose handlers belong to one I/O context. When the context goes, it destroys those handlers and keeps the
/// waits that are just being told from posting to it.
class wait_registry;

/// A wait for a state on behalf of an Asio handler. Owns itself from `begin` until its handler was called or dropped.
///
/// Threads: begins anywhere; told by the thread that completes the state; stopped on the handler's executor.
class pending_wait : public waiter, public work {
 public:
  pending_wait(state_base& state, boost::asio::execution_context* context);
  virtual ~pending_wait();

  void begin() noexcept;
  /// Ends the wait, unless the state was done first.
  void stop() noexcept;

 protected:
  [[nodiscard]] bool stopped() const noexcept { return stopped_; }
  [[nodiscard]] static std::exception_ptr stopped_error();

  /// Destroys the handler uncalled.
  virtual void drop_handler() noexcept = 0;
  /// Posts the call of the handler, which destroys `self`.
  virtual void post_handler(std::unique_ptr<pending_wait> self) = 0;

 private:
  friend wait_registry;
  void ready(state_base&) noexcept override;
  void told() noexcept;

  intrusive_ptr<state_base> state_;
  std::shared_ptr<wait_registry> registry_;
  pending_wait* next_ = nullptr;
  pending_wait* previous_ = nullptr;
  bool stopped_ = false;
  bool half_gone_ = false;
};

}  // namespace troupe::detail
