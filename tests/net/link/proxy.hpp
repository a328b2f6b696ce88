#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace troupe::test {

[[nodiscard]] inline std::uint16_t port_of(std::string const& address) {
  return static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)));
}

/// Stands between two ends of TCP connections and can cut them.
class proxy {
 public:
  proxy(boost::asio::io_context& io, std::string const& to)
      : io_(io), door_(io, {boost::asio::ip::make_address("127.0.0.1"), 0}), to_(port_of(to)) {
    accept();
  }
  [[nodiscard]] std::string address() const {
    return "tcp://127.0.0.1:" + std::to_string(door_.local_endpoint().port());
  }
  [[nodiscard]] std::size_t connections() const noexcept { return lines_.size() - 1; }
  void cut() {
    for (auto& l : lines_)
      for (auto& s : l->sockets)
        if (s.is_open()) s.close();
  }
  std::size_t passed = 0;

 private:
  struct line {
    explicit line(boost::asio::io_context& io)
        : sockets{boost::asio::ip::tcp::socket(io), boost::asio::ip::tcp::socket(io)} {}
    std::array<boost::asio::ip::tcp::socket, 2> sockets;
    std::array<std::vector<char>, 2> bytes{std::vector<char>(65536), std::vector<char>(65536)};
  };

  void accept() {
    lines_.push_back(std::make_shared<line>(io_));
    door_.async_accept(lines_.back()->sockets[0], [this](boost::system::error_code problem) {
      if (problem) return;
      auto l = lines_.back();
      l->sockets[1].connect({boost::asio::ip::make_address("127.0.0.1"), to_});
      pass(l, 0);
      pass(l, 1);
      accept();
    });
  }
  void pass(std::shared_ptr<line> l, std::size_t from) {
    l->sockets[from].async_read_some(boost::asio::buffer(l->bytes[from]), [=, this](auto problem, std::size_t size) {
      if (problem) return;
      passed += size;
      boost::asio::async_write(l->sockets[1 - from], boost::asio::buffer(l->bytes[from].data(), size),
                               [=, this](auto broken, std::size_t) {
                                 if (!broken) pass(l, from);
                               });
    });
  }

  boost::asio::io_context& io_;
  boost::asio::ip::tcp::acceptor door_;
  std::uint16_t to_;
  std::vector<std::shared_ptr<line>> lines_;
};

}  // namespace troupe::test
