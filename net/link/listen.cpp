#include <troupe/net/link/link.hpp>

#include <troupe/futures/errors.hpp>
#include <troupe/net/io_turns.hpp>
#include <troupe/net/link/internal/acceptor.hpp>
#include <troupe/net/link/internal/io_links.hpp>
#include <troupe/net/link/internal/sockets.hpp>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <sstream>
#include <utility>

namespace troupe::detail {
namespace {

using boost::asio::ip::tcp;
using local = boost::asio::local::stream_protocol;
using boost::system::error_code;

/// Accepts sockets of one protocol and hands them on as streams.
template <class Protocol>
class door : public ref_counted {
 public:
  using streams = std::function<stream_ptr(typename Protocol::socket)>;

  door(boost::asio::io_context& io, typename Protocol::acceptor listening, intrusive_ptr<acceptor> to, streams convert)
      : listening_(std::move(listening)),
        pause_(io),
        turns_(io_turns::of(io)),
        to_(std::move(to)),
        convert_(std::move(convert)) {
    keep_from_children(listening_.native_handle());
  }

  void serve() {
    listening_.async_accept(
        [self = intrusive_ptr<door>(this)](error_code problem, typename Protocol::socket s) mutable {
          io_turn here(self->turns_);
          auto opened = std::exchange(self, nullptr);
          if (!opened->listening_.is_open()) return;
          if (problem) return opened->serve_later();
          opened->take(std::move(s));
          opened->serve();
        });
  }
  void close() noexcept {
    error_code ignored;  // it is closed whatever the system says
    ignored = listening_.close(ignored);
    pause_.cancel();
    to_->close();
  }

 private:
  void take(typename Protocol::socket s) {
    stream_ptr made;
    try {
      made = convert_(std::move(s));
    } catch (boost::system::system_error const&) {
      return;  // whoever connected has gone again
    }
    to_->take(std::move(made));
  }
  // The system has no sockets left, or something else that time may mend.
  void serve_later() {
    pause_.expires_after(std::chrono::milliseconds(100));
    pause_.async_wait([self = intrusive_ptr<door>(this)](error_code problem) mutable {
      io_turn here(self->turns_);
      auto opened = std::exchange(self, nullptr);
      if (!problem && opened->listening_.is_open()) opened->serve();
    });
  }

  typename Protocol::acceptor listening_;
  boost::asio::steady_timer pause_;
  io_turns& turns_;
  intrusive_ptr<acceptor> to_;
  streams convert_;
};

template <class Protocol>
class open_door final : public listener {
 public:
  open_door(intrusive_ptr<door<Protocol>> d, std::string address) : door_(std::move(d)), address_(std::move(address)) {
    door_->serve();
  }
  open_door(open_door const&) = delete;
  open_door& operator=(open_door const&) = delete;
  ~open_door() override { door_->close(); }
  [[nodiscard]] std::string const& address() const noexcept override { return address_; }

 private:
  intrusive_ptr<door<Protocol>> door_;
  std::string address_;
};

tcp::acceptor open_tcp(boost::asio::io_context& io, tcp::endpoint const& at) {
  tcp::acceptor listening(io, at.protocol());
  listening.set_option(tcp::acceptor::reuse_address(true));
  listening.bind(at);
  listening.listen();
  return listening;
}

tcp::acceptor open_first(boost::asio::io_context& io, std::string const& host, address const& at) {
  auto found = tcp::resolver(io).resolve(host, "", tcp::resolver::passive);
  error_code last;
  for (unsigned port = at.first_port; port <= at.last_port; ++port) {
    for (auto const& entry : found) {
      try {
        return open_tcp(io, {entry.endpoint().address(), static_cast<std::uint16_t>(port)});
      } catch (boost::system::system_error const& e) {
        last = e.code();
      }
    }
  }
  throw boost::system::system_error(last);
}

std::unique_ptr<listener> listen_tcp(boost::asio::io_context& io, address const& at, intrusive_ptr<acceptor> to) {
  tcp::acceptor listening = open_first(io, at.host.empty() ? "0.0.0.0" : at.host, at);
  std::ostringstream spelled;
  spelled << "tcp://" << listening.local_endpoint();
  auto made = make_intrusive<door<tcp>>(io, std::move(listening), std::move(to),
                                        [](tcp::socket s) { return as_stream(std::move(s)); });
  return std::make_unique<open_door<tcp>>(std::move(made), spelled.str());
}

std::unique_ptr<listener> listen_inproc(boost::asio::io_context& io, address const& at, intrusive_ptr<acceptor> to) {
  local::acceptor listening(io, inproc_endpoint(at.host));
  auto made = make_intrusive<door<local>>(io, std::move(listening), std::move(to),
                                          [name = at.host](local::socket s) { return as_stream(std::move(s), name); });
  return std::make_unique<open_door<local>>(std::move(made), "inproc://" + at.host);
}

}  // namespace

std::unique_ptr<listener> listen(boost::asio::io_context& io, std::string const& address, hello self,
                                 link_options options, admission admit, std::function<void(link_ptr)> accepted) {
  detail::address at = parse_address(address);
  auto to = make_intrusive<acceptor>(io_links::of(io), std::move(self), options, std::move(admit), std::move(accepted));
  try {
    return at.scheme == address::kind::tcp ? listen_tcp(io, at, std::move(to)) : listen_inproc(io, at, std::move(to));
  } catch (boost::system::system_error const& e) {
    throw error("cannot listen on " + address + ": " + e.code().message());
  }
}

}  // namespace troupe::detail
