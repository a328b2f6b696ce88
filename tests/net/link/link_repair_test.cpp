#include "world.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <numeric>
#include <random>

using namespace troupe::test;
using namespace std::chrono_literals;
using troupe::buffer;
using troupe::detail::intrusive_ptr;
using troupe::detail::link_options;
using troupe::detail::make_intrusive;

namespace {

std::string body_of(int i) {
  return "message " + std::to_string(i) + std::string(static_cast<std::size_t>(i % 5) * 17, '.');
}

buffer attachment_of(int i) { return buffer::copy_of(bytes_of(std::string(static_cast<std::size_t>(i) * 700, 'a'))); }

void say(world& w, int i) {
  std::vector<buffer> attachments;
  if (i % 3 == 2) attachments = {attachment_of(i), attachment_of(i + 10)};
  w.client->send(static_cast<std::uint16_t>(i), bytes_of(body_of(i)), std::move(attachments));
}

/// The client says half of `count` things at once, and one for each that it hears; every third has attachments. The
/// server repeats each. Then the client closes.
void converse(world& w, int count) {
  w.client_begins = [&w, count] {
    for (int i = 0; i < count / 2; ++i) say(w, i);
  };
  w.at_server.then = [&w](auto const& m) { w.server->send(m.type, bytes_of(m.body), m.attachments); };
  w.at_client.then = [&w, count](auto const&) {
    auto next = static_cast<int>(w.at_client.messages.size()) + count / 2 - 1;
    if (next < count) say(w, next);
    if (w.at_client.messages.size() == static_cast<std::size_t>(count)) w.client->close("said all");
  };
  w.connect();
}

void check_heard_all(recording_handler const& h, int count) {
  REQUIRE(h.messages.size() == static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    auto const& m = h.messages[static_cast<std::size_t>(i)];
    REQUIRE(m.type == i);
    REQUIRE(m.body == body_of(i));
    REQUIRE(m.attachments.size() == (i % 3 == 2 ? 2 : 0));
    if (!m.attachments.empty()) REQUIRE(m.attachments[1] == attachment_of(i + 10));
  }
}

void check_conversed(world const& w, int count) {
  check_heard_all(w.at_server, count);
  check_heard_all(w.at_client, count);
  REQUIRE(w.at_client.downs == 1);
  REQUIRE(w.at_server.downs == 1);
  REQUIRE(w.accepted == 1);
  REQUIRE(w.connected == 1);
}

}  // namespace

TEST_CASE("a conversation whose wire is cut after any byte loses, repeats and disorders nothing") {
  constexpr int count = 6;
  world whole;
  converse(whole, count);
  check_conversed(whole, count);
  CHECK(whole.context.residents() == 0);
  std::size_t const there = whole.dials->wires()[0]->went_there(), back = whole.dials->wires()[0]->went_back();
  std::size_t repaired = 0;
  for (std::size_t n = 0; n <= there + back; ++n) {
    INFO("cut at " << n << " of " << there << " + " << back);
    faults f;
    (n <= there ? f.cut_there : f.cut_back) = n <= there ? n : n - there;
    world w({f});
    converse(w, count);
    w.pass(20s);
    check_conversed(w, count);
    REQUIRE(w.context.residents() == 0);
    repaired += w.dials->wires().size() > 1;
  }
  // All but the cuts behind the last word.
  CHECK(repaired > there + back - 200);
}

TEST_CASE("a wire may be cut again while the link comes back") {
  constexpr int count = 4;
  for (std::size_t first = 200; first < 3000; first += 271) {
    for (std::size_t second = 0; second < 1200; second += 7) {
      INFO("cut at " << first << ", then at " << second);
      faults a, b, c;
      a.cut_there = first;
      (second % 2 ? b.cut_there : b.cut_back) = second;
      (second % 2 ? c.cut_back : c.cut_there) = second * 2;
      world w({a, b, c});
      converse(w, count);
      w.pass(20s);
      check_conversed(w, count);
    }
  }
}

TEST_CASE("wires that take, give and break at random carry every message once") {
  constexpr int count = 60;
  for (std::uint32_t seed = 1; seed <= 150; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    std::vector<faults> plan(40);
    for (auto& f : plan) {
      f.seed = random() | 1;
      f.capacity = 1 + random() % 20'000;
      f.delay = std::chrono::milliseconds(random() % 30);
      f.cut_there = random() % 60'000;
      f.cut_back = random() % 60'000;
      f.half_open = random() % 8 == 0;
      f.refused = random() % 5 == 0;
    }
    plan[0].refused = false;
    plan[0].cut_there = plan[0].cut_back = 2000;
    plan[0].half_open = false;
    link_options options;
    options.grace = 60s;
    options.silence_limit = 3s;
    world w(plan, options);
    w.usual.seed = seed;
    converse(w, count);
    w.pass(600s);
    check_conversed(w, count);
  }
}

TEST_CASE("a half-open wire is noticed by silence, and replaced") {
  constexpr int count = 6;
  for (std::size_t n = 300; n < 9000; n += 97) {
    INFO("swallows after " << n);
    faults f;
    f.half_open = true;
    f.cut_there = f.cut_back = n;
    link_options options;
    options.grace = 60s;
    world w({f}, options);
    converse(w, count);
    w.pass(180s);
    check_conversed(w, count);
  }
}

TEST_CASE("a link that does not come back within its grace period is down, once, with the reason") {
  world w;
  w.connect();
  w.dials->usual.refused = true;
  w.client->send(1, bytes_of("heard"));
  w.runs.run();
  w.dials->wires()[0]->cut();
  w.client->send(1, bytes_of("not heard"));
  w.pass(4900ms);
  CHECK_FALSE(w.at_client.is_down());
  CHECK_FALSE(w.at_server.is_down());
  w.pass(200ms);
  CHECK(w.at_client.downs == 1);
  CHECK(w.at_server.downs == 1);
  CHECK(w.at_client.reason == "the connection to fault://accepter broke (cut) and did not come back within 5 s");
  CHECK(w.at_server.bodies() == std::vector<std::string>{"heard"});
  CHECK(w.context.residents() == 0);
}

namespace {

/// The server's end of the link learns where the client listens, and how it is with that now.
intrusive_ptr<fault_dialer> look_at_client(world& w, faults usual) {
  auto listens = make_intrusive<fault_dialer>(w.runs, std::vector<faults>(), [](auto const&) {});
  listens->usual = usual;
  static_cast<troupe::detail::live_link&>(*w.server).expect_listener(listens);
  return listens;
}

}  // namespace

TEST_CASE("a broken link is down long before its grace period when nobody listens at its beginner's any more") {
  world w;
  w.connect();
  faults gone;
  gone.nobody_listens = true;
  look_at_client(w, gone);
  w.client->send(1, bytes_of("last words"));
  w.runs.run();
  w.dials->usual.refused = true;
  w.dials->wires()[0]->cut();
  w.pass(200ms);
  CHECK(w.at_server.downs == 1);
  CHECK(w.at_server.reason == "its process is gone: nobody listens where it did");
  CHECK(w.at_server.bodies() == std::vector<std::string>{"last words"});
}

TEST_CASE("a broken link keeps its grace period while its beginner listens or cannot be reached") {
  for (bool reachable : {true, false}) {
    INFO("reachable " << reachable);
    world w;
    w.connect();
    faults usual;
    usual.refused = !reachable;
    auto listens = look_at_client(w, usual);
    w.dials->usual.refused = true;
    w.dials->wires()[0]->cut();
    w.pass(4s);
    REQUIRE_FALSE(w.at_server.is_down());
    CHECK((listens->wires().size() > 4) == reachable);
    w.dials->usual.refused = false;
    w.pass(600ms);
    w.client->send(1, bytes_of("back"));
    auto looks = listens->wires().size();
    w.pass(3s);
    CHECK(w.at_server.bodies() == std::vector<std::string>{"back"});
    CHECK(listens->wires().size() == looks);
  }
}

TEST_CASE("a link that comes back at once is not given up though nobody listens at its beginner's") {
  world w;
  w.connect();
  faults gone;
  gone.nobody_listens = true;
  look_at_client(w, gone);
  w.dials->wires()[0]->cut();
  w.pass(10s);
  CHECK_FALSE(w.at_server.is_down());
  CHECK(w.dials->wires().size() == 2);
}

TEST_CASE("a link whose peer's process has ended delivers what came and is down, broken before or after") {
  for (bool before : {true, false}) {
    world w;
    w.connect();
    w.dials->usual.refused = true;
    w.client->send(1, bytes_of("last words"));
    if (!before) w.server->peer_ended();
    w.runs.run();
    w.dials->wires()[0]->cut();
    w.runs.run();
    if (before) {
      CHECK_FALSE(w.at_server.is_down());
      w.server->peer_ended();
      w.runs.run();
    }
    CHECK(w.at_server.bodies() == std::vector<std::string>{"last words"});
    CHECK(w.at_server.downs == 1);
    CHECK(w.at_server.reason == "its process ended");
  }
}

TEST_CASE("who connected gives a link up when another machine refuses it again and again") {
  world w;
  w.connect();
  w.dials->usual.nobody_listens = true;
  w.dials->wires()[0]->cut();
  w.pass(200ms);
  CHECK(w.at_client.downs == 1);
}

TEST_CASE("a link that came back has its whole grace period again") {
  world w;
  w.connect();
  for (int i = 0; i < 4; ++i) {
    w.dials->usual.refused = true;
    w.dials->wires().back()->cut();
    w.pass(4s);
    w.dials->usual.refused = false;
    w.pass(1s);
    w.client->send(1, bytes_of(std::to_string(i)));
    w.runs.run();
    CHECK(w.at_server.messages.size() == static_cast<std::size_t>(i) + 1);
  }
  CHECK(w.dials->wires().size() == 5);
}

TEST_CASE("a link does not come back to another process") {
  world w;
  w.connect();
  auto other = w.listener;
  other.epoch = 99;
  auto another = troupe::detail::make_intrusive<troupe::detail::acceptor>(
      w.context, other, w.options, [](auto const&) { return std::string(); }, [](auto const&) {});
  w.instead = [&](troupe::detail::stream_ptr s) { another->take(std::move(s)); };
  w.dials->wires()[0]->cut();
  w.pass(1s);
  CHECK(w.at_client.downs == 1);
  CHECK(w.at_client.reason == "fault://accepter refused: the process that the link led to is gone");
  CHECK_FALSE(w.at_server.is_down());
  w.pass(5s);
  CHECK(w.at_server.downs == 1);
}

TEST_CASE("nobody takes over a link with another credential") {
  world w;
  auto self = hello_of("client", 2);
  self.credential = "secret";
  w.connect(self);
  auto thief = troupe::detail::make_intrusive<fault_dialer>(
      w.runs, std::vector<faults>(), [&](troupe::detail::stream_ptr s) { w.listens->take(std::move(s)); });
  std::string failure;
  troupe::detail::make_intrusive<troupe::detail::connector>(w.context, thief, "fault://accepter", hello_of("client", 2),
                                                            w.options, 77)
      ->start([&](auto const&, auto why) { failure = std::move(why.reason); });
  w.runs.run();
  CHECK(failure == "fault://accepter refused: the link was begun with another credential");
  w.client->send(1, bytes_of("undisturbed"));
  w.runs.run();
  CHECK(w.at_server.messages.size() == 1);
}

TEST_CASE("a link that is closed while it is broken still sends what was sent before") {
  world w;
  w.connect();
  w.dials->wires()[0]->cut();
  w.client->send(1, bytes_of("sent into a broken link"));
  w.client->close("bye");
  w.pass(1s);
  CHECK(w.at_server.bodies() == std::vector<std::string>{"sent into a broken link"});
  CHECK(w.at_server.reason == "bye");
  CHECK(w.at_client.reason == "bye");
}
