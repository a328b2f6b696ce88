#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace troupe::detail {

/// A file descriptor that is closed with the object.
class owned_fd {
 public:
  explicit owned_fd(int fd = -1) noexcept : fd_(fd) {}
  ~owned_fd() { reset(); }
  owned_fd(owned_fd&& other) noexcept : fd_(other.release()) {}
  owned_fd& operator=(owned_fd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }
  int release() noexcept {
    int fd = fd_;
    fd_ = -1;
    return fd;
  }
  void reset(int fd = -1) noexcept;

 private:
  int fd_;
};

struct pipe_ends {
  owned_fd read, write;
};
/// Closed on exec, and no standard descriptor even where those are closed. Throws error.
[[nodiscard]] pipe_ends make_pipe();

struct spawn_request {
  std::vector<std::string> const& command;
  std::map<std::string, std::string> const& environment;
  /// Becomes standard output and standard error; -1: as they are here.
  int output = -1;
  bool own_group = true;
};

/// Starts a program that is killed when the calling *thread* ends (Linux ties the parent's death signal to the thread).
/// Returns once the program was loaded; throws error that names it and the reason.
[[nodiscard]] pid_t spawn(spawn_request const& request);

}  // namespace troupe::detail
