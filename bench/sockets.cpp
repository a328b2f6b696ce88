#include "sockets.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <system_error>

namespace troupe::bench {
namespace {

int checked(int result, char const* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
  return result;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

descriptor without_delay(descriptor socket) {
  int on = 1;
  checked(::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
  return socket;
}

}  // namespace

descriptor::~descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

tcp_listener::tcp_listener() : listening_(checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")) {
  auto address = loopback(0);
  checked(::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
  checked(::listen(listening_.get(), 8), "listen");
}

std::uint16_t tcp_listener::port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  checked(::getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  return ntohs(address.sin_port);
}

descriptor tcp_listener::accept() const {
  return without_delay(descriptor(checked(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept")));
}

descriptor connect_tcp(std::uint16_t port) {
  descriptor socket(checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  auto address = loopback(port);
  checked(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), "connect");
  return without_delay(std::move(socket));
}

// Without a name in the address the kernel chooses one: a zero and five digits.
local_listener::local_listener() : listening_(checked(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  checked(::bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address.sun_family), "bind");
  checked(::listen(listening_.get(), 8), "listen");
}

std::string local_listener::name() const {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  checked(::getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  return {address.sun_path + 1, size - offsetof(sockaddr_un, sun_path) - 1};
}

descriptor local_listener::accept() const {
  return descriptor(checked(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept"));
}

descriptor connect_local(std::string const& name) {
  descriptor socket(checked(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(name.begin(), name.end(), address.sun_path + 1);
  auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  checked(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), size), "connect");
  return socket;
}

bool receive_all(int socket, void* into, std::size_t size) {
  auto* to = static_cast<char*>(into);
  while (size > 0) {
    auto got = ::recv(socket, to, size, MSG_WAITALL);
    if (got <= 0) return false;
    to += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

bool send_all(int socket, void const* from, std::size_t size) {
  auto const* bytes = static_cast<char const*>(from);
  while (size > 0) {
    auto sent = ::send(socket, bytes, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

}  // namespace troupe::bench
