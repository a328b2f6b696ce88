#include <troupe/net/link/internal/sockets.hpp>

#include <troupe/futures/errors.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <random>
#include <sstream>
#include <utility>

namespace troupe::detail {
namespace {

using boost::asio::ip::tcp;
using local = boost::asio::local::stream_protocol;

boost::asio::ip::address plain(boost::asio::ip::address const& a) {
  if (a.is_v6() && a.to_v6().is_v4_mapped())
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, a.to_v6());
  return a;
}

std::string spelled(tcp::endpoint const& e) {
  std::ostringstream out;
  out << "tcp://" << tcp::endpoint(plain(e.address()), e.port());
  return out.str();
}

/// Not guessed by other processes, whose local sockets share the names.
std::string const& process_secret() {
  static std::string const secret = [] {
    std::random_device random;
    std::ostringstream out;
    for (int i = 0; i < 4; ++i) out << std::hex << random();
    return out.str();
  }();
  return secret;
}

}  // namespace

socket_stream::ends ends_of(tcp::socket const& s) {
  tcp::endpoint here = s.local_endpoint(), there = s.remote_endpoint();
  // A machine speaks with itself from the address that it speaks to.
  auto peer = plain(there.address());
  return {spelled(here), spelled(there), peer.is_loopback() || peer == plain(here.address())};
}

void keep_from_children(int descriptor) noexcept { ::fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

stream_ptr as_stream(tcp::socket s) {
  auto ends = ends_of(s);
  keep_from_children(s.native_handle());
  s.set_option(tcp::no_delay(true));
  return make_intrusive<socket_stream>(socket_stream::socket(std::move(s)), std::move(ends));
}

local::endpoint inproc_endpoint(std::string const& name) {
  std::string path = '\0' + ("troupe/" + std::to_string(::getpid()) + '/' + process_secret() + '/') + name;
  if (path.size() > sizeof(sockaddr_un::sun_path)) throw error("inproc://" + name + ": the name is too long");
  return local::endpoint(path);
}

stream_ptr as_stream(local::socket s, std::string const& name) {
  std::string address = "inproc://" + name;
  keep_from_children(s.native_handle());
  return make_intrusive<socket_stream>(socket_stream::socket(std::move(s)),
                                       socket_stream::ends{address, address, true});
}

}  // namespace troupe::detail
