#include <troupe/actors/scheduler/internal/coordination.hpp>

#include <catch2/catch.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace troupe;
using namespace troupe::detail;
using kind = coordinate::kind;

buffer bytes(std::string_view text) { return buffer::copy_of(std::as_bytes(std::span(text))); }
std::string text(buffer const& b) { return {reinterpret_cast<char const*>(b.data()), b.size()}; }

class stage {
 public:
  using answer = coordination::answer;

  std::vector<answer> ask(std::uint32_t client, coordinate wish) {
    std::vector<answer> answers;
    state.handle({client}, std::move(wish), answers);
    return answers;
  }
  std::vector<answer> ask(std::uint32_t client, std::uint64_t ticket, kind what, std::vector<std::string> names,
                          std::uint64_t limit = 1, std::string_view value = {}, std::string schema = {}) {
    coordinate wish;
    wish.what = what;
    wish.ticket = ticket;
    wish.names = std::move(names);
    wish.limit = limit;
    wish.schema = std::move(schema);
    wish.bytes = {bytes(value)};
    return ask(client, std::move(wish));
  }
  std::vector<answer> about(std::uint32_t client, kind what, std::uint64_t of, std::uint64_t ticket = 0) {
    coordinate wish;
    wish.what = what;
    wish.ticket = ticket;
    wish.of = of;
    return ask(client, std::move(wish));
  }
  std::vector<answer> forget(std::uint32_t client) {
    std::vector<answer> answers;
    state.forget({client}, answers);
    return answers;
  }

  coordination state;
};

}  // namespace

TEST_CASE("a lock goes from one to the next in the order in which they came, with growing tokens") {
  stage s;
  auto first = s.ask(1, 1, kind::acquire, {"l"});
  REQUIRE(first.size() == 1);
  CHECK(s.ask(2, 1, kind::acquire, {"l"}).empty());
  CHECK(s.ask(1, 2, kind::acquire, {"l"}).empty());
  auto second = s.about(1, kind::give_up, 1);
  REQUIRE(second.size() == 1);
  CHECK(second[0].to == client_id{2});
  CHECK(second[0].number > first[0].number);
  auto third = s.about(2, kind::give_up, 1);
  REQUIRE(third.size() == 1);
  CHECK(third[0].ticket == 2);
  CHECK(s.about(1, kind::give_up, 2).empty());
  CHECK(s.state.empty());
}

TEST_CASE("who gives up waiting loses his place and nobody else's") {
  stage s;
  s.ask(1, 1, kind::acquire, {"l"});
  s.ask(2, 1, kind::acquire, {"l"});
  s.ask(3, 1, kind::acquire, {"l"});
  CHECK(s.about(2, kind::give_up, 1).empty());
  auto next = s.about(1, kind::give_up, 1);
  REQUIRE(next.size() == 1);
  CHECK(next[0].to == client_id{3});
  CHECK(s.about(1, kind::give_up, 1).empty());
}

TEST_CASE("what a client held is released when it goes, and its waiting is over") {
  stage s;
  s.ask(1, 1, kind::acquire, {"l"});
  s.ask(1, 2, kind::acquire, {"l"});
  s.ask(2, 1, kind::acquire, {"l"});
  auto next = s.forget(1);
  REQUIRE(next.size() == 1);
  CHECK(next[0].to == client_id{2});
  s.forget(2);
  CHECK(s.state.empty());
}

TEST_CASE("a semaphore has as many leases as was said, and no other number") {
  stage s;
  CHECK(s.ask(1, 1, kind::acquire, {"s"}, 2).size() == 1);
  CHECK(s.ask(1, 2, kind::acquire, {"s"}, 2).size() == 1);
  CHECK(s.ask(1, 3, kind::acquire, {"s"}, 2).empty());
  auto refused = s.ask(2, 1, kind::acquire, {"s"}, 3);
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].problem == "the semaphore 's' has 2 leases, not 3");
  CHECK(s.about(1, kind::give_up, 2).size() == 1);
}

TEST_CASE("several locks are taken at once or not at all, and nobody is overtaken") {
  stage s;
  CHECK(s.ask(1, 1, kind::acquire, {"a"}).size() == 1);
  CHECK(s.ask(2, 1, kind::acquire, {"b", "a", "b"}).empty());
  // b is free, but spoken for.
  CHECK(s.ask(3, 1, kind::acquire, {"b"}).empty());
  auto both = s.about(1, kind::give_up, 1);
  REQUIRE(both.size() == 1);
  CHECK(both[0].to == client_id{2});
  auto then = s.about(2, kind::give_up, 1);
  REQUIRE(then.size() == 1);
  CHECK(then[0].to == client_id{3});
}

TEST_CASE("who gives up several locks lets those in who waited behind him") {
  stage s;
  s.ask(1, 1, kind::acquire, {"a"});
  s.ask(2, 1, kind::acquire, {"a", "b"});
  s.ask(3, 1, kind::acquire, {"b"});
  auto next = s.about(2, kind::give_up, 1);
  REQUIRE(next.size() == 1);
  CHECK(next[0].to == client_id{3});
}

TEST_CASE("an event lets all go on who wait for it, until it is cleared") {
  stage s;
  CHECK(s.ask(1, 1, kind::wait, {"e"}).empty());
  CHECK(s.ask(2, 1, kind::wait, {"e"}).empty());
  CHECK(s.about(2, kind::give_up, 1).empty());
  CHECK(s.ask(3, 1, kind::is_set, {"e"}).at(0).number == 0);
  CHECK(s.ask(3, 2, kind::set, {"e"}).size() == 2);
  CHECK(s.ask(3, 3, kind::is_set, {"e"}).at(0).number == 1);
  CHECK(s.ask(1, 2, kind::wait, {"e"}).size() == 1);
  CHECK(s.ask(3, 4, kind::clear, {"e"}).size() == 1);
  CHECK(s.state.empty());
}

TEST_CASE("a full queue makes putters wait, an empty one getters") {
  stage s;
  CHECK(s.ask(1, 1, kind::put, {"q"}, 1, "x").size() == 1);
  CHECK(s.ask(1, 2, kind::put, {"q"}, 1, "y").empty());
  CHECK(s.ask(2, 1, kind::size, {"q"}).at(0).number == 1);
  auto got = s.ask(2, 2, kind::get, {"q"});
  REQUIRE(got.size() == 2);
  CHECK(text(got[0].bytes) == "x");
  CHECK(got[1].ticket == 2);
  s.about(2, kind::taken, 2);
  CHECK(text(s.ask(2, 3, kind::get, {"q"}).at(0).bytes) == "y");
  s.about(2, kind::taken, 3);
  CHECK(s.ask(2, 4, kind::get, {"q"}).empty());
  CHECK(text(s.ask(1, 3, kind::put, {"q"}, 1, "z").back().bytes) == "z");
  s.about(2, kind::taken, 4);
  CHECK(s.state.empty());
}

TEST_CASE("an item whose getter is gone before he had it goes to the next") {
  stage s;
  s.ask(1, 1, kind::put, {"q"}, 0, "x");
  s.ask(1, 2, kind::put, {"q"}, 0, "y");
  CHECK(text(s.ask(2, 1, kind::get, {"q"}).at(0).bytes) == "x");
  CHECK(s.forget(2).empty());
  CHECK(text(s.ask(3, 1, kind::get, {"q"}).at(0).bytes) == "x");
  CHECK(s.about(3, kind::give_up, 1).empty());
  CHECK(text(s.ask(3, 2, kind::get, {"q"}).at(0).bytes) == "x");
}

TEST_CASE("a variable is read when it has a value") {
  stage s;
  CHECK(s.ask(1, 1, kind::read, {"v"}).empty());
  auto told = s.ask(2, 1, kind::write, {"v"}, 1, "x");
  REQUIRE(told.size() == 2);
  CHECK(text(told[0].bytes) == "x");
  CHECK(text(s.ask(1, 2, kind::read, {"v"}).at(0).bytes) == "x");
  s.ask(2, 2, kind::forget, {"v"});
  CHECK(s.state.empty());
  s.ask(1, 3, kind::read, {"v"});
  s.about(1, kind::give_up, 3);
  CHECK(s.state.empty());
}

TEST_CASE("a topic's messages go to all who subscribed, and the slow one misses the oldest") {
  stage s;
  CHECK(s.ask(1, 1, kind::publish, {"t"}, 1, "nobody").at(0).number == 0);
  s.ask(2, 1, kind::subscribe, {"t"}, 2);
  s.ask(3, 1, kind::subscribe, {"t"}, 10);
  CHECK(s.about(3, kind::next, 1, 2).empty());
  for (int i = 0; i < 4; ++i) {
    auto told = s.ask(1, 2, kind::publish, {"t"}, 1, std::to_string(i));
    CHECK(told.back().number == 2);
    CHECK(told.size() == (i == 0 ? 2 : 1));
  }
  auto late = s.about(2, kind::next, 1, 2).at(0);
  CHECK(text(late.bytes) == "2");
  CHECK(late.number == 2);
  CHECK(s.about(2, kind::next, 1, 3).at(0).number == 0);
  CHECK(text(s.about(3, kind::next, 1, 3).at(0).bytes) == "1");
  CHECK(s.about(2, kind::next, 1, 4).empty());
  CHECK(s.about(2, kind::next, 1, 5).at(0).problem == "the next message is being waited for already");
  CHECK(s.about(2, kind::give_up, 1).at(0).problem == "the subscription has ended");
  CHECK(s.about(2, kind::next, 1, 6).at(0).problem == "there is no such subscription");
  s.forget(3);
  CHECK(s.state.empty());
}

TEST_CASE("values of another type are refused, and so is what has no name") {
  stage s;
  s.ask(1, 1, kind::put, {"q"}, 0, "x", "i32");
  CHECK(s.ask(2, 1, kind::get, {"q"}, 1, {}, "f64").at(0).problem == "the queue 'q' is of i32, not of f64");
  s.ask(1, 2, kind::write, {"v"}, 1, "x", "i32");
  CHECK(s.ask(2, 2, kind::read, {"v"}, 1, {}, "f64").at(0).problem == "the variable 'v' is of i32, not of f64");
  s.ask(1, 3, kind::subscribe, {"t"}, 1, {}, "i32");
  CHECK(s.ask(2, 3, kind::publish, {"t"}, 1, "x", "f64").at(0).problem == "the topic 't' is of i32, not of f64");
  CHECK(s.ask(1, 4, kind::acquire, {""}).at(0).problem == "it needs a name");
  CHECK(s.ask(1, 5, kind::acquire, {}).at(0).problem == "it needs a name");
  CHECK(s.about(1, kind::taken, 77).empty());
}
