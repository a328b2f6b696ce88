#pragma once

#include <troupe/futures/environment.hpp>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/system/error_code.hpp>

#include <concepts>
#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>

namespace troupe::detail {

template <class E>
concept asio_error = std::same_as<E, boost::system::error_code> || std::same_as<E, std::exception_ptr>;

/// Carries a stop request, which may come on any thread and at any time, to an operation of Asio's, which may be told
/// only on its executor, not before it has started and not after it has ended.
class stop_relay {
 public:
  /// Under `mutex`, which is then held until the operation has started: false when it should not start at all.
  [[nodiscard]] bool begin() noexcept;
  void end() noexcept;
  /// On the operation's executor.
  void request();

  // Recursive: an operation may complete from inside the signal.
  std::recursive_mutex mutex;
  boost::asio::cancellation_signal signal;

 private:
  enum class phase : unsigned char { idle, stopped, running, ended };
  phase phase_ = phase::idle;
};

/// What a stop request calls; it cannot fail halfway.
class stop_poster {
 public:
  explicit stop_poster(std::function<void()> post) : post_(std::move(post)) {}
  void operator()() const noexcept { post_(); }

 private:
  std::function<void()> post_;
};

/// The part of an awaited operation that does not depend on its results.
class asio_operation {
 public:
  asio_operation() = default;
  asio_operation(asio_operation const&) = delete;
  asio_operation& operator=(asio_operation const&) = delete;

 protected:
  ~asio_operation() = default;

  /// While the initiation runs: a handler that goes uncalled then is reported here instead of resuming the task, which
  /// is not suspended yet.
  class initiating {
   public:
    explicit initiating(asio_operation& self) noexcept;
    ~initiating();
    initiating(initiating const&) = delete;
    initiating& operator=(initiating const&) = delete;
    [[nodiscard]] bool dropped() const noexcept { return dropped_; }

   private:
    friend asio_operation;
    asio_operation* operation_;
    initiating* outer_;
    bool dropped_ = false;
    static thread_local initiating* innermost;
  };

  void prepare(std::coroutine_handle<> awaiting, environment const* env);
  void use_relay(std::shared_ptr<stop_relay> relay) noexcept { relay_ = std::move(relay); }
  /// The result is there: the task resumes on its executor, and this object may be gone when this returns.
  void hand_back() noexcept;
  /// The operation went without a result.
  void drop() noexcept;
  [[nodiscard]] bool give_up() noexcept {
    not_started_ = true;
    return false;
  }

  [[noreturn]] void throw_without_result() const;
  void throw_if(boost::system::error_code const& failed) const;
  void throw_if(std::exception_ptr const& failed) const;

 private:
  [[nodiscard]] bool stop_requested() const noexcept { return env_ && env_->stop.stop_requested(); }

  environment const* env_ = nullptr;
  executor* where_ = nullptr;
  resumption resumption_;
  std::shared_ptr<stop_relay> relay_;
  bool not_started_ = false;
};

}  // namespace troupe::detail
