#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace troupe::test {

/// A TCP socket of this machine with nothing of troupe in it. Blocks.
class plain_socket {
 public:
  explicit plain_socket(int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) : descriptor_(descriptor) {
    if (descriptor_ < 0) throw std::runtime_error("no socket");
  }
  plain_socket(plain_socket const&) = delete;
  plain_socket& operator=(plain_socket const&) = delete;
  ~plain_socket() { ::close(descriptor_); }

  /// `tcp://127.0.0.1:8786`
  void connect(std::string const& address) {
    auto at = local(std::uint16_t(std::stoi(address.substr(address.rfind(':') + 1))));
    if (::connect(descriptor_, reinterpret_cast<sockaddr const*>(&at), sizeof at) != 0)
      throw std::runtime_error("nobody at " + address);
  }
  /// Takes a free port, on which nobody is answered before `listen`; its address.
  std::string bind() {
    auto at = local(0);
    socklen_t size = sizeof at;
    if (::bind(descriptor_, reinterpret_cast<sockaddr const*>(&at), size) != 0 ||
        ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&at), &size) != 0)
      throw std::runtime_error("no port");
    return "tcp://127.0.0.1:" + std::to_string(ntohs(at.sin_port));
  }
  void listen() const { ::listen(descriptor_, 16); }
  [[nodiscard]] int accept() const { return ::accept(descriptor_, nullptr, nullptr); }

  void say(std::string_view bytes) const {
    static_cast<void>(::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  /// One piece of what the other end says; "" at its end.
  [[nodiscard]] std::string hear() const {
    std::array<char, 4096> bytes{};
    auto got = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
    return {bytes.data(), std::size_t(got < 0 ? 0 : got)};
  }
  [[nodiscard]] std::string hear_all() const {
    std::string all;
    for (auto piece = hear(); !piece.empty(); piece = hear()) all += piece;
    return all;
  }

 private:
  static sockaddr_in local(std::uint16_t port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(port);
    return at;
  }
  int descriptor_;
};

}  // namespace troupe::test
