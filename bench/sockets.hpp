#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace troupe::bench {

/// A file descriptor that is closed with its owner.
class descriptor {
 public:
  descriptor() noexcept = default;
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor();

  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_ = -1;
};

/// Blocking loopback TCP without Nagle's delay, for the limits: what a program that does nothing else can reach. All
/// throw std::system_error.
class tcp_listener {
 public:
  tcp_listener();
  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] descriptor accept() const;

 private:
  descriptor listening_;
};
[[nodiscard]] descriptor connect_tcp(std::uint16_t port);

/// The same over a Unix socket, in the kernel's name space of such sockets and not in a folder.
class local_listener {
 public:
  local_listener();
  /// Given by the kernel: five digits.
  [[nodiscard]] std::string name() const;
  [[nodiscard]] descriptor accept() const;

 private:
  descriptor listening_;
};
[[nodiscard]] descriptor connect_local(std::string const& name);

/// False at the end of the stream.
[[nodiscard]] bool receive_all(int socket, void* into, std::size_t size);
/// False where the other end is gone.
[[nodiscard]] bool send_all(int socket, void const* from, std::size_t size);

}  // namespace troupe::bench
