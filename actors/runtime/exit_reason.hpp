#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <utility>

namespace troupe {

/// Why an actor ended, or is asked to end. A value; copies share the exception.
class exit_reason {
 public:
  /// `normal`: it was done. `shutdown`: it was asked to stop. `killed`: it was told to stop and could not trap that.
  /// `failed`: an exception left its constructor or a handler, or it quit with an error.
  enum class kind : std::uint8_t { normal, shutdown, killed, failed };

  exit_reason() = default;
  [[nodiscard]] static exit_reason normal() { return {}; }
  [[nodiscard]] static exit_reason shutdown(std::string text = "shutdown");
  [[nodiscard]] static exit_reason killed(std::string text = "killed");
  [[nodiscard]] static exit_reason failed(std::string text);
  [[nodiscard]] static exit_reason failed(std::exception_ptr error);

  [[nodiscard]] kind what() const noexcept { return kind_; }
  [[nodiscard]] bool is_failure() const noexcept { return kind_ == kind::failed || kind_ == kind::killed; }
  /// The exception's message; "normal", "shutdown", … where there was none.
  [[nodiscard]] std::string const& text() const noexcept { return text_; }
  /// What was thrown; null where nothing was.
  [[nodiscard]] std::exception_ptr const& error() const noexcept { return error_; }

 private:
  exit_reason(kind k, std::string text, std::exception_ptr error = nullptr)
      : kind_(k), text_(std::move(text)), error_(std::move(error)) {}

  kind kind_ = kind::normal;
  std::string text_ = "normal";
  std::exception_ptr error_;
};

/// Identifies an actor in its process, in the order in which actors were started; never used twice, never 0.
enum class actor_id : std::uint64_t {};

/// Sent to `on(down_msg)` of an actor that monitors another one, once, when that one has ended.
struct down_msg {
  actor_id source{};
  exit_reason reason;
};

/// Sent to `on(exit_msg)` of an actor that traps exits: a linked actor ended, or somebody asks it to stop (`source` is
/// then 0). It goes on living until it quits.
struct exit_msg {
  actor_id source{};
  exit_reason reason;
};

}  // namespace troupe
