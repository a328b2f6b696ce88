#include <troupe/net/link/link.hpp>

#include <troupe/futures/errors.hpp>
#include <troupe/net/io_turns.hpp>
#include <troupe/net/link/internal/io_links.hpp>
#include <troupe/net/link/internal/sockets.hpp>

#include <boost/asio/post.hpp>

#include <exception>
#include <random>
#include <utility>

namespace troupe::detail {
namespace {

std::uint64_t random_number() {
  std::random_device random;
  return std::uint64_t{random()} << 32 | random();
}

intrusive_ptr<connector> make_connector(boost::asio::io_context& io, std::string const& where, hello self,
                                        link_options options) {
  address to = parse_address(where);
  if (to.first_port != to.last_port) throw error("\"" + where + "\" is a range; one port can be connected to");
  if (to.scheme == address::kind::tcp && to.host.empty()) throw error("\"" + where + "\" has no host");
  return make_intrusive<connector>(io_links::of(io), make_dialer(io, to), where, std::move(self), options,
                                   random_number());
}

}  // namespace

void connect(boost::asio::io_context& io, std::string const& address, hello self, link_options options,
             std::function<void(link_ptr, connect_failure)> done) {
  intrusive_ptr<connector> made;
  try {
    made = make_connector(io, address, std::move(self), options);
  } catch (...) {
    boost::asio::post(io, [&io, done = std::move(done), why = describe(std::current_exception())]() mutable {
      io_turn here(io_turns::of(io));
      std::exchange(done, nullptr)(nullptr, {why, false});
    });
    return;
  }
  made->start(std::move(done));
}

void expect_listener(boost::asio::io_context& io, link& accepted, std::string const& address) {
  static_cast<live_link&>(accepted).expect_listener(make_dialer(io, parse_address(address)));
}

}  // namespace troupe::detail
