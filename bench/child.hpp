#pragma once

#include "sockets.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace troupe::bench {

/// A process that belongs to a figure. It reads what is told on its standard input and tells on its standard output,
/// and ends with its owner, which waits for it.
class child {
 public:
  /// A process that starts others of its own is the first of a group, which can be frozen.
  enum class group : bool { of_its_owner, its_own };
  /// `words`: the program and its arguments. Throws std::system_error.
  explicit child(std::vector<std::string> words, group in = group::of_its_owner);
  child(child const&) = delete;
  child& operator=(child const&) = delete;
  ~child();

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  /// The next line that it prints; throws std::runtime_error where it ended instead.
  [[nodiscard]] std::string read_line();
  void write_line(std::string line);
  /// Waits until it ends by itself; its exit status.
  int wait();
  /// Its own group takes no CPU time until it is thawed.
  void freeze() const noexcept;
  void thaw() const noexcept;

 private:
  pid_t pid_ = -1;
  group group_;
  descriptor to_;
  descriptor from_;
  std::string program_;
  std::string unread_;
};

/// This program with a role: see play_role.
[[nodiscard]] std::vector<std::string> this_program_as(std::vector<std::string> role);

}  // namespace troupe::bench
