#include "raw_peer.hpp"
#include "world.hpp"

#include <troupe/futures/errors.hpp>
#include <troupe/net/link/compression.hpp>

#include <catch2/catch.hpp>

#include <memory>
#include <stdexcept>

using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

/// A world whose client meets a raw peer instead of a server.
struct world_of_strangers {
  explicit world_of_strangers(std::string says) {
    w.instead = [this, says](troupe::detail::stream_ptr s) {
      peers.push_back(std::make_unique<raw_peer>(std::move(s)));
      if (!says.empty()) peers.back()->say(says);
    };
    w.connect();
  }
  world w;
  std::vector<std::unique_ptr<raw_peer>> peers;
};

/// A world with a raw peer that speaks to the server.
struct world_with_stranger {
  explicit world_with_stranger(std::vector<faults> plan = {}) : w(std::move(plan)) {
    w.connect();
    w.runs.run();
    w.accepted = 0;
    w.listens->take(wire.accepter());
  }
  void says(std::string const& bytes) {
    peer.say(bytes);
    w.runs.run();
  }
  world w;
  fault_wire wire{w.runs, {}};
  raw_peer peer{wire.opener()};
};

}  // namespace

TEST_CASE("a hello keeps all that it says") {
  troupe::detail::greeting g;
  g.from = hello_of("worker-0 of host, pid 123", 0x1234567890abcdef, troupe::detail::link_role::worker);
  g.from.protocol_min = 3;
  g.from.protocol_max = 9;
  g.from.features = 0xf0f0;
  g.from.credential = std::string("\0secret", 7);
  g.message_limit = 1ULL << 40;
  g.link = 5;
  g.peer_epoch = 6;
  g.next = 7;
  auto bytes = troupe::detail::encode_greeting(g);
  bytes.push_back(std::byte{1});  // what a later version adds
  auto back = troupe::detail::decode_greeting(bytes);
  CHECK(back.from.name == g.from.name);
  CHECK(back.from.epoch == g.from.epoch);
  CHECK(back.from.role == g.from.role);
  CHECK(back.from.protocol_min == 3);
  CHECK(back.from.protocol_max == 9);
  CHECK(back.from.features == 0xf0f0);
  CHECK(back.from.credential == g.from.credential);
  CHECK(back.message_limit == g.message_limit);
  CHECK(back.link == 5);
  CHECK(back.peer_epoch == 6);
  CHECK(back.next == 7);
  for (std::size_t size = 0; size + 1 < bytes.size(); ++size)
    CHECK_THROWS_AS(troupe::detail::decode_greeting(std::span(bytes).first(size)), troupe::detail::frame_error);
}

TEST_CASE("a hello that accepts next to nothing is malformed") {
  troupe::detail::greeting g;
  g.from = hello_of("client", 2);
  g.message_limit = 4095;
  CHECK_THROWS_WITH(troupe::detail::decode_greeting(troupe::detail::encode_greeting(g)),
                    Catch::Contains("messages of at most 4095 bytes"));
  g.message_limit = 4096;
  CHECK(troupe::detail::decode_greeting(troupe::detail::encode_greeting(g)).message_limit == 4096);
}

TEST_CASE("a hello that no peer would read is refused where it is made") {
  world w;
  auto self = hello_of("client", 2);
  self.credential.assign(9000, 'x');
  CHECK_THROWS_WITH(w.connect(self), Catch::Contains("too long for a hello"));
}

TEST_CASE("who is not admitted is told why") {
  world w;
  w.admit = [](auto const& h) { return h.name + " exists already"; };
  w.connect();
  CHECK(w.failure == "fault://accepter refused: client exists already");
  CHECK(w.refused);
  CHECK(w.connected == 1);
  CHECK(w.accepted == 0);
  CHECK(w.context.residents() == 0);
}

TEST_CASE("who comes while listening ends is not refused: another may listen there soon") {
  world w;
  w.admit = [&](auto const&) -> std::string {
    FAIL("nobody is asked");
    return {};
  };
  w.dialed = [&] { w.listens->close(); };
  w.connect();
  w.pass(1s);
  CHECK(w.failure == "fault://accepter: it closed the connection without an answer");
  CHECK_FALSE(w.refused);
  CHECK(w.connected == 1);
  CHECK(w.context.residents() == 0);
}

TEST_CASE("what an admission throws is why it is refused") {
  world w;
  w.admit = [](auto const&) -> std::string { throw std::runtime_error("no such user"); };
  w.connect();
  CHECK(w.failure == "fault://accepter refused: no such user");
}

TEST_CASE("versions of the protocol that do not meet are named on the connecting side") {
  world w;
  auto self = hello_of("client", 2);
  self.protocol_min = 2;
  self.protocol_max = 4;
  w.connect(self);
  CHECK(w.failure ==
        "fault://accepter refused: no common version of the protocol: one side speaks 1, the other 2 to 4");
  CHECK(w.refused);
}

TEST_CASE("features that are not known do not matter") {
  world w;
  auto self = hello_of("client", 2);
  self.features = ~troupe::detail::compression_features;
  w.connect(self);
  CHECK(w.client);
  CHECK(w.server->peer().features == ~troupe::detail::compression_features);
}

TEST_CASE("something else that answers on a port is called so") {
  std::string const answer =
      GENERATE("HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_9.2p1\r\n", "220 smtp\r\n", "nope");
  world_of_strangers s(answer);
  CHECK(s.w.failure == "no troupe at fault://accepter (it answered with something else)");
  CHECK(s.peers[0]->ended);
  CHECK(s.w.context.residents() == 0);
}

TEST_CASE("a port that closes without an answer is called so, after a few tries") {
  world w;
  int calls = 0;
  w.instead = [&](troupe::detail::stream_ptr s) {
    ++calls;
    s->close();
  };
  w.connect();
  w.pass(1s);
  CHECK(w.failure == "fault://accepter: it closed the connection without an answer");
  CHECK(calls == 3);
}

TEST_CASE("a port that says nothing is given up after the time to connect") {
  world_of_strangers s("");
  s.w.pass(9900ms);
  CHECK(s.w.connected == 0);
  s.w.pass(200ms);
  CHECK(s.w.connected == 1);
  CHECK(s.w.failure == "no answer from fault://accepter within 10 s");
  CHECK(s.w.context.residents() == 0);
}

TEST_CASE("whoever speaks something else to a port is told so and closed, and others are served") {
  std::string const words =
      GENERATE(as<std::string>(), "GET / HTTP/1.0\r\n\r\n", "rubbish", "\x16\x03\x01\x02", std::string(100'000, 'x'));
  world_with_stranger s;
  s.says(words);
  CHECK(s.peer.types() == std::vector<std::uint16_t>{troupe::detail::reject_frame});
  CHECK(s.peer.last_body() == "this is a port of troupe, and what came is not its protocol");
  CHECK(s.peer.ended);
  s.peer.hang_up();
  s.w.client->send(1, bytes_of("still served"));
  s.w.runs.run();
  CHECK(s.w.at_server.messages.size() == 1);
  CHECK(s.w.accepted == 0);
}

TEST_CASE("nothing but a hello of limited size is read first") {
  troupe::detail::frame_header large;
  large.type = troupe::detail::hello_frame;
  large.body = 8193;
  std::string header(reinterpret_cast<char const*>(&large), sizeof large);
  std::string const words =
      GENERATE_COPY(as<std::string>(), header, message_bytes(1, "hello?"), control_bytes(troupe::detail::ping_frame),
                    control_bytes(troupe::detail::hello_frame, "short"));
  world_with_stranger s;
  s.says(words);
  CHECK(s.peer.types() == std::vector<std::uint16_t>{troupe::detail::reject_frame});
  CHECK(s.w.accepted == 0);
}

TEST_CASE("whoever connects and says nothing is closed after a while") {
  world_with_stranger s;
  s.w.pass(9900ms);
  CHECK_FALSE(s.peer.ended);
  s.w.pass(200ms);
  CHECK(s.peer.ended);
}

TEST_CASE("whoever was refused and does not go is closed after a while") {
  world_with_stranger s;
  s.says("rubbish");
  auto const with_it = s.w.context.residents();
  s.says("more rubbish");
  s.w.pass(11s);
  CHECK(s.w.context.residents() + 1 == with_it);
}

TEST_CASE("an answer that is lost with its wire does not make a second link") {
  for (std::size_t back = 0; back < 100; ++back) {
    faults f;
    f.cut_back = back;
    world w({f, f});
    w.connect();
    w.pass(1s);
    REQUIRE(w.client);
    REQUIRE(w.accepted == 1);
    REQUIRE(w.dials->wires().size() == 3);
    w.server->send(1, bytes_of("once"));
    w.runs.run();
    REQUIRE(w.at_client.messages.size() == 1);
  }
}
