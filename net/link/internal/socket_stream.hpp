#pragma once

#include <troupe/net/io_turns.hpp>
#include <troupe/net/link/internal/stream.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>

namespace troupe::detail {

/// A stream over a connected socket of the system: TCP, or a local one.
class socket_stream final : public stream {
 public:
  using socket = boost::asio::generic::stream_protocol::socket;

  struct ends {
    std::string local, peer;
    bool same_host = false;
  };

  socket_stream(socket s, ends where);

  void set_user(stream_user* user) noexcept override { user_ = user; }
  void read(std::span<iovec const> space) override;
  [[nodiscard]] std::size_t write(std::span<iovec const> pieces) override;
  void shutdown() noexcept override;
  void close() noexcept override;
  [[nodiscard]] std::string const& local_address() const noexcept override { return where_.local; }
  [[nodiscard]] std::string const& peer_address() const noexcept override { return where_.peer; }
  [[nodiscard]] bool same_host() const noexcept override { return where_.same_host; }

 private:
  /// As many pieces as a read has at most; refers to memory of the stream, so that the operation is small.
  struct buffer_list {
    using value_type = boost::asio::mutable_buffer;
    using const_iterator = value_type const*;
    value_type const *first, *last;
    [[nodiscard]] const_iterator begin() const noexcept { return first; }
    [[nodiscard]] const_iterator end() const noexcept { return last; }
  };

  void was_read(boost::system::error_code const& problem, std::size_t bytes);
  void wait_until_writable();
  void break_with(int error);

  socket socket_;
  io_turns& turns_;
  ends where_;
  stream_user* user_ = nullptr;
  bool reading_ = false, waiting_ = false;
  /// Why writing failed; told as the end.
  std::string broken_;
  std::array<boost::asio::mutable_buffer, 32> space_;
};

}  // namespace troupe::detail
