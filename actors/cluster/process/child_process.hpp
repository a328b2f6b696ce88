#pragma once

#include <troupe/actors/cluster/process/exit_cause.hpp>
#include <troupe/futures/clock.hpp>

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::detail {

/// What to start, and who is told of it. The callbacks run on a thread of the child's own; they must neither throw nor
/// destroy the child_process.
struct child_options {
  /// The program, by path or to be found in PATH, and its arguments.
  std::vector<std::string> command = {};
  /// On top of this process's environment.
  std::map<std::string, std::string> environment = {};
  /// Gets standard output and standard error line by line, without the newline; where it is empty, the child writes
  /// where this process does.
  std::function<void(std::string_view line)> on_output = {};
  /// Told once, after the last output and after `ended()` gives the cause.
  std::function<void(exit_cause const&)> on_end = {};
  /// Whether the child gets a process group of its own, so that a Ctrl-C reaches only this process, who passes it on.
  bool own_group = true;
};

/// A process that this one started. It never outlives this one, however this one ends, nor this object.
///
/// - The constructor returns when the program runs; throws error that names it where it cannot be started.
/// - The child begins with standard input from /dev/null, no open files but the standard three, no signal blocked, and
///   no signal handled or ignored (but SIGHUP, if it was).
/// - The destructor kills what still runs and waits for it.
/// - Threads: all functions from any thread. One thread is started per child, which sleeps until the child ends.
class child_process {
 public:
  explicit child_process(child_options options);
  ~child_process();
  child_process(child_process const&) = delete;
  child_process& operator=(child_process const&) = delete;

  [[nodiscard]] pid_t pid() const noexcept;
  /// The cause; empty while it runs.
  [[nodiscard]] std::optional<exit_cause> ended() const;
  /// Blocks until it ends.
  exit_cause wait() const;
  /// Blocks until it ends, at most for `timeout`.
  std::optional<exit_cause> wait_for(duration timeout) const;
  /// Never reaches another process: does nothing once the child ended.
  void send_signal(int signal);
  /// SIGTERM; if it still runs after `patience`, SIGKILL. Blocks until it ended.
  exit_cause stop(duration patience);

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

/// The path of the program that this process runs; throws error where the system does not tell.
[[nodiscard]] std::string this_program();

}  // namespace troupe::detail
