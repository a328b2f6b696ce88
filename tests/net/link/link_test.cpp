#include <troupe/net/link/link.hpp>

#include "network.hpp"
#include "proxy.hpp"

#include <troupe/futures/errors.hpp>

#include <boost/asio.hpp>
#include <catch2/catch.hpp>
#include <fcntl.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <numeric>
#include <set>
#include <stdexcept>

using namespace troupe::test;
using troupe::buffer;
using troupe::detail::link_options;
using troupe::detail::link_role;

namespace {

using boost::asio::ip::tcp;

buffer pattern(std::size_t size, int seed) {
  buffer b(size);
  auto bytes = b.writable();
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<std::byte>(i * 31 + i / 251 + static_cast<std::size_t>(seed));
  return b;
}

}  // namespace

TEST_CASE("messages go both ways, in order, over every kind of address") {
  std::string const where = GENERATE("tcp://127.0.0.1:0", "tcp://[::1]:0", "tcp://localhost:0", "inproc://both ways");
  network net;
  pair p(net, where);
  for (int i = 0; i < 1000; ++i) p.client->send(7, bytes_of("up " + std::to_string(i)));
  p.server->send(8, bytes_of("down"));
  net.run_until([&] { return p.at_server.messages.size() == 1000 && p.at_client.messages.size() == 1; });
  for (std::size_t i = 0; i < 1000; ++i) CHECK(p.at_server.messages[i].body == "up " + std::to_string(i));
  CHECK(p.at_server.messages[0].type == 7);
  CHECK(p.at_client.messages[0].type == 8);
  CHECK(p.at_client.messages[0].body == "down");
  CHECK(p.client->same_host());
  CHECK(p.server->same_host());
}

TEST_CASE("each side of a link knows the other's hello and where it is") {
  network net;
  pair p(net, "tcp://127.0.0.1:0");
  CHECK(p.client->peer().name == "server");
  CHECK(p.client->peer().epoch == 1);
  CHECK(p.client->peer().role == link_role::scheduler);
  CHECK(p.server->peer().name == "client");
  CHECK(p.server->peer().epoch == 2);
  CHECK(p.client->peer_address() == p.listening->address());
  CHECK(p.client->peer_address() == p.server->local_address());
  CHECK(p.client->local_address() == p.server->peer_address());
}

TEST_CASE("attachments arrive whole, aligned, whatever their sizes") {
  network net;
  pair p(net, "tcp://127.0.0.1:0");
  std::vector<std::vector<std::size_t>> const messages{
      {1}, {0}, {100, 0, 5000}, {65536}, {65535, 65536, 65537}, {3 << 20}, {}, {1 << 20, 3, 1 << 20, 2 << 20, 70000}};
  int seed = 0;
  for (auto const& sizes : messages) {
    std::vector<buffer> attachments;
    for (std::size_t size : sizes) attachments.push_back(pattern(size, ++seed));
    p.client->send(1, bytes_of("with attachments"), std::move(attachments));
  }
  net.run_until([&] { return p.at_server.messages.size() == messages.size(); });
  seed = 0;
  for (std::size_t m = 0; m < messages.size(); ++m) {
    auto const& got = p.at_server.messages[m];
    CHECK(got.body == "with attachments");
    REQUIRE(got.attachments.size() == messages[m].size());
    for (std::size_t i = 0; i < messages[m].size(); ++i) {
      CHECK(got.attachments[i] == pattern(messages[m][i], ++seed));
      CHECK(reinterpret_cast<std::uintptr_t>(got.attachments[i].data()) % buffer::alignment == 0);
    }
  }
}

TEST_CASE("a body may be larger than what is read at once") {
  network net;
  pair p(net, "tcp://127.0.0.1:0");
  std::string body(5'000'000, 'x');
  std::iota(body.begin(), body.end(), '\0');
  p.client->send(1, bytes_of(body));
  p.client->send(2, bytes_of("after"));
  net.run_until([&] { return p.at_server.messages.size() == 2; });
  CHECK(p.at_server.messages[0].body == body);
  CHECK(p.at_server.messages[1].body == "after");
}

TEST_CASE("a link that is closed sends what was sent before, and both sides are told once, with the reason") {
  network net;
  pair p(net, "tcp://127.0.0.1:0");
  std::string const body(3'000'000, 'b');
  p.client->send(1, bytes_of(body));
  p.client->send(2, bytes_of("last"), {pattern(3 << 20, 1)});
  p.client->close("had enough");
  p.client->close("again");
  p.client->send(3, bytes_of("too late"));
  CHECK_FALSE(p.at_client.is_down());
  net.run_until([&] { return p.at_server.is_down() && p.at_client.is_down(); });
  CHECK(p.at_server.bodies() == std::vector<std::string>{body, "last"});
  CHECK(p.at_server.reason == "had enough");
  CHECK(p.at_client.reason == "had enough");
  p.client->close("once more");
  net.io.poll();
  CHECK(p.at_server.downs == 1);
  CHECK(p.at_client.downs == 1);
}

TEST_CASE("what comes before anybody is there to be told is not lost") {
  network net;
  recording_handler at_server, at_client;
  troupe::detail::link_ptr client, server;
  auto listening = troupe::detail::listen(net.io, "tcp://127.0.0.1:0", hello_of("server", 1), {}, {},
                                          [&](troupe::detail::link_ptr l) {
                                            server = std::move(l);
                                            server->set_handler(&at_server);
                                            server->send(1, bytes_of("early"));
                                          });
  troupe::detail::connect(net.io, listening->address(), hello_of("client", 2), {},
                          [&](troupe::detail::link_ptr l, auto const&) { client = std::move(l); });
  net.run_until([&] { return client && server; });
  // Another one comes and goes over the same loop meanwhile.
  {
    pair p(net, "tcp://127.0.0.1:0");
    p.server->send(1, bytes_of("elsewhere"));
    net.run_until([&] { return p.at_client.messages.size() == 1; });
  }
  client->set_handler(&at_client);
  net.run_until([&] { return at_client.messages.size() == 1; });
  CHECK(at_client.bodies() == std::vector<std::string>{"early"});
  client->close("done");
  net.run_until([&] { return at_client.is_down() && at_server.is_down(); });
}

TEST_CASE("a link may be closed by both sides at once, and inside a message") {
  network net;
  pair p(net, "tcp://127.0.0.1:0");
  p.at_server.then = [&](auto const&) { p.server->close("server"); };
  p.client->send(1, bytes_of("close"));
  p.client->close("client");
  net.run_until([&] { return p.at_server.is_down() && p.at_client.is_down(); });
  CHECK(p.at_server.reason == "server");
  CHECK(p.at_client.reason == "client");
}

TEST_CASE("what a handler throws closes the link and is the reason at both ends") {
  network net;
  pair p(net, "tcp://127.0.0.1:0");
  p.at_server.then = [](auto const&) { throw std::runtime_error("no such task"); };
  p.client->send(1, bytes_of("first"));
  p.client->send(1, bytes_of("second"));
  net.run_until([&] { return p.at_server.is_down() && p.at_client.is_down(); });
  CHECK(p.at_server.messages.size() == 1);
  CHECK(p.at_server.reason == "no such task");
  CHECK(p.at_client.reason == "no such task");
}

TEST_CASE("a message larger than the peer accepts is refused where it is sent, and the link lives on") {
  network net;
  link_options small;
  small.message_limit = 10'000;
  pair p(net, "tcp://127.0.0.1:0", small);
  CHECK_THROWS_WITH(p.client->send(1, bytes_of(std::string(10'001, 'x'))),
                    Catch::Contains("10001 bytes") && Catch::Contains("at most 10000") && Catch::Contains("server"));
  CHECK_THROWS_AS(p.client->send(1, {}, {buffer(6000), buffer(6000)}), troupe::error);
  p.client->send(1, bytes_of("small"));
  net.run_until([&] { return p.at_server.messages.size() == 1; });
  CHECK(p.at_server.bodies() == std::vector<std::string>{"small"});
}

TEST_CASE("the backlog grows with what is sent and goes when the peer has it") {
  network net;
  pair p(net, "tcp://127.0.0.1:0");
  CHECK(p.client->backlog() == 0);
  p.client->send(1, bytes_of("x"), {pattern(1 << 20, 1)});
  CHECK(p.client->backlog() > (1U << 20));
  net.run_until([&] { return p.client->backlog() == 0; });
  CHECK(p.at_server.messages.size() == 1);
}

TEST_CASE("a listener takes the first free port of a range and says when there is none") {
  network net;
  auto accepted = [](auto const&) {};
  auto listen = [&](std::string const& where) {
    return troupe::detail::listen(net.io, where, hello_of("server", 1), {}, {}, accepted);
  };
  auto first = listen("tcp://127.0.0.1:0");
  unsigned port = port_of(first->address());
  if (port > 65000) return;
  std::string taken = std::to_string(port);
  CHECK_THROWS_WITH(listen("tcp://127.0.0.1:" + taken), Catch::Contains("tcp://127.0.0.1:" + taken));
  auto second = listen("tcp://127.0.0.1:" + taken + "-" + std::to_string(port + 500));
  CHECK(second->address() != first->address());
  first = nullptr;
  CHECK(listen("tcp://127.0.0.1:" + taken)->address() == "tcp://127.0.0.1:" + taken);
}

TEST_CASE("programs that a process starts get none of its links") {
  auto open = [] {
    std::set<int> all;
    for (auto const& entry : std::filesystem::directory_iterator("/proc/self/fd"))
      all.insert(std::stoi(entry.path().filename()));
    return all;
  };
  auto const before = open();
  network net;
  pair p(net, GENERATE("tcp://127.0.0.1:0", "inproc://no heirs"));
  std::size_t opened = 0;
  for (int descriptor : open()) {
    int const flags = ::fcntl(descriptor, F_GETFD);
    if (before.contains(descriptor) || flags < 0) continue;
    ++opened;
    CHECK((flags & FD_CLOEXEC) != 0);
  }
  CHECK(opened >= 3);
}

TEST_CASE("links stay when the listener goes, and new ones are refused") {
  network net;
  pair p(net, "tcp://127.0.0.1:0");
  std::string const where = p.listening->address();
  p.listening = nullptr;
  p.client->send(1, bytes_of("still here"));
  net.run_until([&] { return p.at_server.messages.size() == 1; });
  CHECK(connect_failure(net, where) == "cannot connect to " + where + ": Connection refused");
}

TEST_CASE("links between loops of different threads") {
  network mine;
  std::string where;
  recording_handler echo;
  network theirs;
  troupe::detail::link_ptr server;
  auto listening = troupe::detail::listen(theirs.io, GENERATE("inproc://threads", "tcp://127.0.0.1:0"),
                                          hello_of("server", 1), {}, {}, [&](troupe::detail::link_ptr l) {
                                            server = std::move(l);
                                            server->set_handler(&echo);
                                          });
  echo.then = [&](auto const& m) { server->send(m.type, bytes_of(m.body)); };
  where = listening->address();
  std::jthread thread([&] { theirs.run_until([&] { return echo.is_down(); }); });
  recording_handler handler;
  auto client = connected(mine, where, handler);
  for (int i = 0; i < 100; ++i) client->send(1, bytes_of(std::to_string(i)));
  mine.run_until([&] { return handler.messages.size() == 100; });
  client->close("done");
  mine.run_until([&] { return handler.is_down(); });
  thread.join();
  CHECK(handler.messages.back().body == "99");
  CHECK(echo.reason == "done");
}

TEST_CASE("an io_context may go with links, listeners and connects on it") {
  recording_handler at_client, at_server;
  troupe::detail::link_ptr client, kept;
  {
    network net;
    pair p(net, "tcp://127.0.0.1:0");
    p.client->send(1, bytes_of("never written"));
    client = p.client;
    kept = p.server;
    troupe::detail::connect(net.io, p.listening->address(), hello_of("late", 3), {}, [](auto const&, auto const&) {});
    p.listening = nullptr;
  }
  client->send(1, bytes_of("nobody there"));
  client->close("closed");
}

TEST_CASE("HTTP spoken to a listener is answered with a refusal, and closed") {
  network net;
  pair p(net, "tcp://127.0.0.1:0");
  std::string const where = p.listening->address();
  tcp::socket browser(net.io);
  browser.connect({boost::asio::ip::make_address("127.0.0.1"), port_of(where)});
  boost::asio::write(browser, boost::asio::buffer(std::string("GET /status HTTP/1.1\r\nHost: troupe\r\n\r\n")));
  std::string answer;
  bool ended = false;
  boost::asio::async_read(browser, boost::asio::dynamic_buffer(answer), [&](auto problem, std::size_t) {
    CHECK(problem == boost::asio::error::eof);
    ended = true;
  });
  net.run_until([&] { return ended; });
  CHECK_THAT(answer, Catch::EndsWith("this is a port of troupe, and what came is not its protocol"));
  p.client->send(1, bytes_of("served all the same"));
  net.run_until([&] { return p.at_server.messages.size() == 1; });
}

TEST_CASE("connecting to a web server says that no troupe is there") {
  network net;
  tcp::acceptor web(net.io, {boost::asio::ip::make_address("127.0.0.1"), 0});
  tcp::socket visitor(net.io);
  web.async_accept(visitor, [&](auto) {
    boost::asio::write(visitor, boost::asio::buffer(std::string("HTTP/1.1 400 Bad Request\r\n\r\n")));
  });
  std::string const where = "tcp://127.0.0.1:" + std::to_string(web.local_endpoint().port());
  CHECK(connect_failure(net, where) == "no troupe at " + where + " (it answered with something else)");
}

TEST_CASE("what cannot be connected to is named, with the reason") {
  network net;
  CHECK_THAT(connect_failure(net, "tcp://127.0.0.1"), Catch::Contains("has no port"));
  CHECK_THAT(connect_failure(net, "tcp://127.0.0.1:1-2"), Catch::Contains("is a range"));
  CHECK_THAT(connect_failure(net, "tcp://:1"), Catch::Contains("has no host"));
  CHECK_THAT(connect_failure(net, "inproc://nobody"),
             Catch::Equals("cannot connect to inproc://nobody: Connection refused"));
  CHECK_THAT(connect_failure(net, "tcp://no-such-host.invalid:1"),
             Catch::StartsWith("cannot connect to tcp://no-such-host.invalid:1: Host not found"));
  auto self = hello_of("client", 2);
  self.credential.assign(10'000, 'x');
  CHECK_THAT(connect_failure(net, "tcp://127.0.0.1:1", self), Catch::Contains("too long for a hello"));
}

TEST_CASE("connections that break are replaced and the link goes on") {
  network net;
  recording_handler at_server, at_client;
  troupe::detail::link_ptr server;
  auto listening = troupe::detail::listen(net.io, "tcp://127.0.0.1:0", hello_of("server", 1), {}, {},
                                          [&](troupe::detail::link_ptr l) {
                                            server = std::move(l);
                                            server->set_handler(&at_server);
                                          });
  proxy between(net.io, listening->address());
  auto client = connected(net, between.address(), at_client);
  net.run_until([&] { return static_cast<bool>(server); });
  std::string const large(3'000'000, 'l');
  for (std::size_t i = 1; i <= 4; ++i) {
    client->send(1, bytes_of(large), {pattern(5'000'000, 1)});
    server->send(1, bytes_of(large));
    net.run_until([&, until = between.passed + 4'000'000] { return between.passed >= until; });
    between.cut();
  }
  net.run_until([&] { return at_server.messages.size() == 4 && at_client.messages.size() == 4; });
  CHECK(between.connections() == 5);
  CHECK(at_server.bodies() == std::vector<std::string>(4, large));
  CHECK(at_client.bodies() == std::vector<std::string>(4, large));
  for (auto const& m : at_server.messages) CHECK(m.attachments.at(0) == pattern(5'000'000, 1));
  client->close("done");
  net.run_until([&] { return at_server.is_down() && at_client.is_down(); });
}

TEST_CASE("who says after the link went down that it wants to hear, hears of that, too") {
  network net;
  pair p(net, "tcp://127.0.0.1:0");
  p.client->set_handler(nullptr);
  p.server->close("was nothing");
  net.run_until([&] { return p.at_server.is_down(); });
  recording_handler late;
  p.client->set_handler(&late);
  CHECK(late.downs == 0);
  net.run_until([&] { return late.is_down(); });
  CHECK(late.reason == "was nothing");
  CHECK(late.downs == 1);
  p.client->set_handler(nullptr);
}
