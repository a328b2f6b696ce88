#include "world.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>

using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

/// A client whose messages take a second to the server, as its answers do.
struct far_away {
  far_away() {
    w.usual.delay = 1s;
    w.connect();
    w.pass(4s);
    REQUIRE(w.client);
    REQUIRE(w.server);
  }
  void wait_for(std::size_t backlog) {
    w.client->when_accepted(backlog, [this](bool open) { told = open; });
    w.runs.run();
  }

  world w;
  std::optional<bool> told;
};

}  // namespace

TEST_CASE("who waits for room is told once the peer has accepted enough") {
  far_away f;
  f.w.client->send(1, bytes_of(std::string(200'000, 'x')));
  f.wait_for(100'000);
  CHECK_FALSE(f.told);
  f.w.pass(1500ms);
  CHECK_FALSE(f.told);
  f.w.pass(3s);
  CHECK(f.told == true);
}

TEST_CASE("where there is room already it is said, but not inside the call") {
  far_away f;
  f.w.client->when_accepted(0, [&](bool open) { f.told = open; });
  CHECK_FALSE(f.told);
  f.w.runs.run();
  CHECK(f.told == true);
}

TEST_CASE("who is told of room and sends takes it from those who wait behind") {
  far_away f;
  std::string const large(200'000, 'x');
  f.w.client->send(1, bytes_of(large));
  f.w.client->when_accepted(100'000, [&](bool) { f.w.client->send(1, bytes_of(large)); });
  f.wait_for(100'000);
  f.w.pass(3500ms);
  CHECK_FALSE(f.told);
  f.w.pass(4s);
  CHECK(f.told == true);
}

TEST_CASE("who waits for room hears when nothing is sent any more") {
  SECTION("closed here") {
    far_away f;
    f.w.client->send(1, bytes_of(std::string(200'000, 'x')));
    f.wait_for(0);
    f.w.client->close("enough");
    f.w.runs.run();
    CHECK(f.told == false);
  }
  SECTION("closed there") {
    far_away f;
    f.w.server->close("enough");
    f.w.client->send(1, bytes_of(std::string(200'000, 'x')));
    f.wait_for(0);
    f.w.pass(1500ms);
    CHECK(f.told == false);
  }
  SECTION("not there any more when it asks") {
    far_away f;
    f.w.client->close("enough");
    f.w.pass(10s);
    REQUIRE(f.w.at_client.is_down());
    f.wait_for(0);
    CHECK(f.told == false);
  }
}
