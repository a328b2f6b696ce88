#include "raw_peer.hpp"
#include "world.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <limits>

using namespace troupe::test;
using namespace std::chrono_literals;
using troupe::detail::frame_header;
using troupe::detail::link_options;

namespace {

/// A server with a link to a peer that says what it likes.
struct spoken_to {
  explicit spoken_to(link_options options = {}) : w({}, options) {
    w.listens = troupe::detail::make_intrusive<troupe::detail::acceptor>(
        w.context, w.listener, options, troupe::detail::admission(), [this](troupe::detail::link_ptr l) {
          w.server = std::move(l);
          w.server->set_handler(&w.at_server);
        });
    w.listens->take(wire.accepter());
    says(greeting_bytes(hello_of("stranger", 3)));
    REQUIRE(w.server);
  }
  void says(std::string const& bytes) {
    peer.say(bytes);
    w.runs.run();
  }
  /// Both sides know why, and the link goes.
  void check_failed(std::string const& why) {
    CHECK(peer.types().back() == troupe::detail::close_frame);
    CHECK(peer.last_body() == why);
    says(message_bytes(1, "nobody hears this"));
    CHECK(w.at_server.messages.empty());
    peer.hang_up();
    w.runs.run();
    CHECK(w.at_server.downs == 1);
    CHECK(w.at_server.reason == why);
    CHECK(w.context.residents() == 0);
  }

  world w;
  fault_wire wire{w.runs, {}};
  raw_peer peer{wire.opener()};
};

}  // namespace

TEST_CASE("a frame that is none closes the link, and says why to both sides") {
  spoken_to s;
  s.says("this is no frame, is it? it is none");
  s.check_failed("malformed: bytes that are not a frame");
}

TEST_CASE("what is behind a malformed frame is not heard") {
  spoken_to s;
  s.says("rubbish" + message_bytes(1, "hidden"));
  s.check_failed("malformed: bytes that are not a frame");
}

TEST_CASE("unknown flags and unknown frames of the link are malformed") {
  frame_header flagged;
  flagged.flags = 4;
  flagged.sequence = 1;
  {
    spoken_to s;
    s.says(frame_bytes(flagged));
    s.check_failed("malformed: a frame with flags unknown here: 4");
  }
  {
    spoken_to s;
    s.says(control_bytes(0x8123));
    s.check_failed("malformed: a frame of type 33059, which is unknown here");
  }
  {
    spoken_to s;
    s.says(greeting_bytes(hello_of("again", 3)));
    s.check_failed("malformed: a frame of type 32768, which is unknown here");
  }
}

TEST_CASE("a message that is out of sequence is malformed") {
  {
    spoken_to s;
    s.says(message_bytes(2, "second first"));
    s.check_failed("malformed: message 2 where 1 comes next");
  }
  {
    spoken_to s;
    s.says(message_bytes(0, "no number"));
    s.check_failed("malformed: message 0 where 1 comes next");
  }
}

TEST_CASE("a message that was had already is heard once") {
  spoken_to s;
  s.says(message_bytes(1, "once") + message_bytes(1, "once") + message_bytes(2, "then"));
  CHECK(s.w.at_server.bodies() == std::vector<std::string>{"once", "then"});
}

TEST_CASE("accepting what was never sent is malformed") {
  spoken_to s;
  frame_header h;
  h.type = troupe::detail::accepted_frame;
  h.accepted = 1;
  s.says(frame_bytes(h));
  s.check_failed("malformed: it accepts a message that was not sent");
}

TEST_CASE("a message over the limit is malformed before any memory is had for it") {
  link_options options;
  options.message_limit = 100'000;
  frame_header body_too_large;
  body_too_large.type = 1;
  body_too_large.sequence = 1;
  body_too_large.body = 0xffffffff;
  {
    spoken_to s(options);
    s.says(std::string(reinterpret_cast<char const*>(&body_too_large), sizeof body_too_large));
    s.check_failed("malformed: a message of at least 4294967295 bytes; the limit is 100000");
  }
  {
    spoken_to s(options);
    s.says(message_bytes(1, "", {60'000, 60'000}));
    s.check_failed("malformed: a message of at least 120016 bytes; the limit is 100000");
  }
  {
    spoken_to s(options);
    auto const huge = std::numeric_limits<std::uint64_t>::max();
    s.says(message_bytes(1, "", {huge, huge}));
    s.check_failed("malformed: a message of at least 18446744073709551615 bytes; the limit is 100000");
  }
  {
    spoken_to s;
    frame_header many;
    many.type = 1;
    many.sequence = 1;
    many.attachments = 0xffffffff;
    s.says(std::string(reinterpret_cast<char const*>(&many), sizeof many));
    s.check_failed("malformed: a message with 4294967295 attachments");
  }
}

TEST_CASE("a peer that goes on talking after a malformed frame is left after the grace period") {
  spoken_to s;
  s.says("rubbish");
  for (int i = 0; i < 8; ++i) {
    CHECK(s.w.at_server.downs == (i > 5 ? 1 : 0));
    s.w.pass(900ms);
    s.says("more rubbish");
  }
  CHECK(s.w.context.residents() == 0);
}

TEST_CASE("a peer's reason is as long as one may be") {
  spoken_to s;
  s.says(control_bytes(troupe::detail::close_frame, std::string(100'000, 'x')));
  s.peer.hang_up();
  s.w.runs.run();
  CHECK(s.w.at_server.reason == std::string(4096, 'x'));
}

TEST_CASE("a link whose peer has closed does not wait for it to come back") {
  spoken_to s;
  s.peer.listens = false;
  s.w.server->send(1, bytes_of(std::string(5'000'000, 'x')));
  s.says(control_bytes(troupe::detail::close_frame, "bye"));
  CHECK_FALSE(s.w.at_server.is_down());
  s.peer.hang_up();
  s.w.runs.run();
  CHECK(s.w.at_server.reason == "bye");
  CHECK(s.w.context.residents() == 0);
}

TEST_CASE("a link that is closed waits its grace period for a peer that takes nothing, whatever it says") {
  spoken_to s;
  s.peer.listens = false;
  s.w.server->send(1, bytes_of(std::string(5'000'000, 'x')));
  // What the wire holds is taken.
  s.w.runs.run();
  SECTION("closed here") { s.w.server->close("enough"); }
  SECTION("closed there") { s.says(control_bytes(troupe::detail::close_frame, "enough")); }
  for (int i = 0; i < 9; ++i) {
    CHECK_FALSE((i < 4 && s.w.at_server.is_down()));
    s.says(control_bytes(troupe::detail::ping_frame));
    s.w.pass(1s);
  }
  CHECK(s.w.at_server.downs == 1);
  CHECK(s.w.at_server.reason == "enough");
  CHECK(s.w.context.residents() == 0);
}

TEST_CASE("a link that is closed sends what was sent before, however long that takes a peer that goes on taking it") {
  world w;
  w.usual.delay = 1s;
  w.usual.capacity = 100'000;
  w.connect();
  w.pass(4s);
  REQUIRE(w.client);
  w.client->send(1, bytes_of(std::string(2'000'000, 'x')));
  w.client->close("enough");
  w.pass(15s);
  CHECK_FALSE(w.at_client.is_down());
  w.pass(15s);
  REQUIRE(w.at_server.messages.size() == 1);
  CHECK(w.at_server.messages[0].body.size() == 2'000'000);
  CHECK(w.at_client.reason == "enough");
  CHECK(w.at_server.reason == "enough");
}

TEST_CASE("a link that nobody holds and nobody listens to closes itself") {
  spoken_to s;
  s.w.server->set_handler(nullptr);
  s.w.server = nullptr;
  s.w.pass(1100ms);
  CHECK(s.peer.last_body() == "nobody uses this link any more");
}

TEST_CASE("a silent peer is asked for a sign of life") {
  spoken_to s;
  s.w.pass(2s);
  CHECK(s.peer.types().back() == troupe::detail::ping_frame);
  auto const frames = s.peer.types().size();
  s.w.pass(10s);
  CHECK(s.peer.types().size() == frames);
  CHECK_FALSE(s.peer.ended);
}

TEST_CASE("a peer that is silent for too long has lost its stream, and after the grace period its link") {
  spoken_to s;
  s.w.pass(29s);
  CHECK_FALSE(s.peer.ended);
  s.w.pass(2s);
  CHECK(s.peer.ended);
  CHECK_FALSE(s.w.at_server.is_down());
  s.w.pass(6s);
  CHECK(s.w.at_server.downs == 1);
  CHECK(s.w.at_server.reason ==
        "the connection to fault://opener broke (nothing was heard for 30 s) and did not come back within 5 s");
}

TEST_CASE("any byte is a sign of life, and who receives a long message gives one") {
  spoken_to s;
  std::string const message = message_bytes(1, std::string(200, 'x'));
  s.says(message.substr(0, 20));
  for (std::size_t at = 20; at < 220; ++at) {
    s.says(message.substr(at, 1));
    s.w.pass(5s);
    REQUIRE_FALSE(s.peer.ended);
  }
  s.says(message.substr(220));
  CHECK(s.w.at_server.messages.size() == 1);
  auto types = s.peer.types();
  CHECK(std::ranges::count(types, troupe::detail::accepted_frame) >= 200);
}

TEST_CASE("two sides with nothing to say keep their link") {
  world w;
  w.connect();
  w.pass(600s);
  CHECK_FALSE(w.at_client.is_down());
  CHECK_FALSE(w.at_server.is_down());
  CHECK(w.dials->wires().size() == 1);
  // A question and an answer for each second or two, of 32 bytes each.
  CHECK(w.dials->wires()[0]->went_there() < 600 * 64);
}
