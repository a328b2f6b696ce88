#pragma once

#include <troupe/net/link/internal/address.hpp>
#include <troupe/net/link/internal/connector.hpp>
#include <troupe/net/link/internal/socket_stream.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <string>

namespace troupe::detail {

/// What a connected TCP socket is called at both ends. Throws boost::system::system_error when it is not connected any
/// more.
[[nodiscard]] socket_stream::ends ends_of(boost::asio::ip::tcp::socket const& s);

/// Programs that this process starts do not get the socket: a copy of it would hide that this process is gone.
void keep_from_children(int descriptor) noexcept;

/// Small messages go at once, and the socket becomes a stream.
[[nodiscard]] stream_ptr as_stream(boost::asio::ip::tcp::socket s);

/// Where `inproc://name` is, for this process alone: a local socket without a file, in a namespace of its own. Throws
/// error for a name that is too long.
[[nodiscard]] boost::asio::local::stream_protocol::endpoint inproc_endpoint(std::string const& name);
[[nodiscard]] stream_ptr as_stream(boost::asio::local::stream_protocol::socket s, std::string const& name);

[[nodiscard]] intrusive_ptr<dialer> make_dialer(boost::asio::io_context& io, address const& to);

}  // namespace troupe::detail
