#pragma once

#include <exception>
#include <stdexcept>
#include <string>

namespace troupe {

/// Base of every error that Troupe itself raises.
class error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What awaits a task that was cancelled, or an await that was asked to stop. `reason()` says by what:
/// "cancelled", "deadline", "stopped", …
class cancelled_error : public error {
 public:
  explicit cancelled_error(std::string reason = "cancelled");
  [[nodiscard]] std::string const& reason() const noexcept { return reason_; }

 private:
  std::string reason_;
};

/// A wait with a timeout ran out; what was waited for goes on.
class timeout_error : public error {
 public:
  using error::error;
};

/// An operation on a future that refers to nothing: default-constructed or moved from.
class future_invalid : public error {
 public:
  using error::error;
};

/// The value of a future was asked for by move, cannot be copied, and others hold it too.
class future_shared : public error {
 public:
  using error::error;
};

/// A promise went without giving a value or an error.
class broken_promise : public error {
 public:
  using error::error;
};

/// A call that would block a thread that must not block (a runtime's loop, an actor).
class would_deadlock : public error {
 public:
  using error::error;
};

/// The client, or the runtime under it, was closed.
class client_closed : public error {
 public:
  using error::error;
};

/// The actor that should have answered is gone.
class actor_gone : public error {
 public:
  using error::error;
};

/// A channel was closed before the value could be sent.
class channel_closed : public error {
 public:
  using error::error;
};

/// The failure of a task as its futures see it: what was thrown (type and message), by which function, in which attempt
/// (counted from 1), on which worker. `original()` is the exception itself where it was thrown in this process, else
/// null.
class task_error : public error {
 public:
  struct origin {
    std::string function;
    std::string key;
    std::string worker;
    int attempt = 1;
  };
  task_error(std::string type_name, std::string message, origin from, std::exception_ptr original = nullptr);

  [[nodiscard]] std::string const& type_name() const noexcept { return type_name_; }
  [[nodiscard]] std::string const& message() const noexcept { return message_; }
  [[nodiscard]] std::string const& function() const noexcept { return origin_.function; }
  [[nodiscard]] std::string const& key() const noexcept { return origin_.key; }
  [[nodiscard]] std::string const& worker() const noexcept { return origin_.worker; }
  [[nodiscard]] int attempt() const noexcept { return origin_.attempt; }
  [[nodiscard]] std::exception_ptr const& original() const noexcept { return original_; }

 private:
  std::string type_name_, message_;
  origin origin_;
  std::exception_ptr original_;
};

/// `what()` of an exception, "unknown exception" for what is not a std::exception; "" for null.
[[nodiscard]] std::string describe(std::exception_ptr const& error);

namespace detail {

/// The name of a type as it is written in source, without inline namespaces of the library.
[[nodiscard]] std::string readable_type_name(char const* mangled);

/// Type and message of what was thrown, as a task_error from `from`.
[[nodiscard]] std::exception_ptr as_task_error(std::exception_ptr const& thrown, task_error::origin from);

/// True for cancelled_error and what derives from it.
[[nodiscard]] bool is_cancellation(std::exception_ptr const& error) noexcept;

}  // namespace detail
}  // namespace troupe
