#include <troupe/actors/scheduler/internal/coordination.hpp>
#include <troupe/actors/scheduler/internal/coordination_desk.hpp>
#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
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

  std::vector<answer> ask(std::uint32_t client, coordinate wish, std::shared_ptr<void const> keeper = nullptr) {
    std::vector<answer> answers;
    state.handle({client}, std::move(wish), answers, std::move(keeper));
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
  /// With the handle of an actor in the value, which tells whether it is still kept.
  std::weak_ptr<void const> give(std::uint32_t client, std::uint64_t ticket, kind what, std::string name,
                                 std::uint64_t limit = 0) {
    coordinate wish;
    wish.what = what;
    wish.ticket = ticket;
    wish.names = {std::move(name)};
    wish.limit = limit;
    wish.bytes = {bytes("cast")};
    wish.handles = {"actor"};
    std::shared_ptr<void const> keeper = std::make_shared<int>();
    std::weak_ptr<void const> kept = keeper;
    ask(client, std::move(wish), std::move(keeper));
    return kept;
  }
  /// Of the subscription of ticket `of`, after message `last`.
  std::vector<answer> next(std::uint32_t client, std::uint64_t of, std::uint64_t ticket, std::uint64_t last) {
    coordinate wish;
    wish.what = kind::next;
    wish.ticket = ticket;
    wish.of = of;
    wish.limit = last;
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

TEST_CASE("a put that is given up in time is undone, one that was carried out stays") {
  stage s;
  s.ask(1, 1, kind::put, {"q"}, 1, "x");
  CHECK(s.ask(1, 2, kind::put, {"q"}, 1, "y").empty());
  s.about(1, kind::give_up, 2);
  s.about(1, kind::give_up, 1);
  CHECK(s.ask(2, 1, kind::size, {"q"}).at(0).number == 1);
  CHECK(text(s.ask(2, 2, kind::get, {"q"}).at(0).bytes) == "x");
  CHECK(s.ask(2, 3, kind::get, {"q"}).empty());
}

TEST_CASE("items that were on their way to who is gone are where they were, whoever waits") {
  stage s;
  for (std::uint64_t i = 1; i <= 3; ++i) s.ask(1, i, kind::put, {"q"}, 0, std::to_string(i));
  for (std::uint64_t i = 1; i <= 4; ++i) s.ask(2, i, kind::get, {"q"});
  CHECK(s.ask(3, 1, kind::get, {"q"}).empty());
  auto told = s.forget(2);
  REQUIRE(told.size() == 1);
  CHECK(told[0].to == client_id{3});
  CHECK(text(told[0].bytes) == "1");
  CHECK(text(s.ask(3, 2, kind::get, {"q"}).at(0).bytes) == "2");
  CHECK(text(s.ask(3, 3, kind::get, {"q"}).at(0).bytes) == "3");
  for (std::uint64_t i = 1; i <= 3; ++i) s.about(3, kind::taken, i);
  CHECK(s.state.empty());
}

TEST_CASE("gets that are given up one after the other leave a queue as it was") {
  stage s;
  for (std::uint64_t i = 1; i <= 3; ++i) s.ask(1, i, kind::put, {"q"}, 0, std::to_string(i));
  for (std::uint64_t i = 1; i <= 2; ++i) s.ask(2, i, kind::get, {"q"});
  for (std::uint64_t i = 1; i <= 2; ++i) s.about(2, kind::give_up, i);
  for (std::uint64_t i = 1; i <= 3; ++i) CHECK(text(s.ask(3, i, kind::get, {"q"}).at(0).bytes) == std::to_string(i));
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
  CHECK(s.next(3, 1, 2, 0).empty());
  for (int i = 0; i < 4; ++i) {
    auto told = s.ask(1, 2, kind::publish, {"t"}, 1, std::to_string(i));
    CHECK(told.back().number == 2);
    CHECK(told.size() == (i == 0 ? 2 : 1));
  }
  auto late = s.next(2, 1, 2, 0).at(0);
  CHECK(text(late.bytes) == "2");
  CHECK(late.number == 3);
  CHECK(s.next(2, 1, 3, 3).at(0).number == 4);
  CHECK(text(s.next(3, 1, 3, 1).at(0).bytes) == "1");
  CHECK(s.next(2, 1, 4, 4).empty());
  CHECK(s.next(2, 1, 5, 4).at(0).problem == "the next message is being waited for already");
  CHECK(s.about(2, kind::give_up, 1).at(0).problem == "the subscription has ended");
  CHECK(s.next(2, 1, 6, 4).at(0).problem == "there is no such subscription");
  s.forget(3);
  CHECK(s.state.empty());
}

TEST_CASE("a message that was given to a wait that was given up comes again, whichever word comes first") {
  stage s;
  s.ask(1, 1, kind::subscribe, {"t"}, 10);
  CHECK(s.next(1, 1, 2, 0).empty());
  CHECK(text(s.ask(2, 1, kind::publish, {"t"}, 1, "x").at(0).bytes) == "x");
  s.ask(2, 2, kind::publish, {"t"}, 1, "y");
  s.about(1, kind::give_up, 2);
  auto again = s.next(1, 1, 3, 0).at(0);
  CHECK(text(again.bytes) == "x");
  CHECK(again.number == 1);
  CHECK(text(s.next(1, 1, 4, 0).at(0).bytes) == "x");
  s.about(1, kind::give_up, 3);
  CHECK(text(s.next(1, 1, 5, 1).at(0).bytes) == "y");
}

TEST_CASE("a message that has arrived takes no room, and one that has not is dropped first") {
  stage s;
  s.ask(1, 1, kind::subscribe, {"t"}, 2);
  auto publish = [&](std::string_view what) { s.ask(2, 1, kind::publish, {"t"}, 1, what); };
  publish("1");
  publish("2");
  CHECK(text(s.next(1, 1, 2, 0).at(0).bytes) == "1");
  publish("3");
  auto arrived = s.next(1, 1, 3, 1).at(0);
  CHECK(text(arrived.bytes) == "2");
  CHECK(arrived.number == 2);
  publish("4");
  auto given_up = s.next(1, 1, 4, 1).at(0);
  CHECK(text(given_up.bytes) == "3");
  CHECK(given_up.number == 3);
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

TEST_CASE("handles in an item keep their actors until it has arrived, and longer than who put it") {
  stage s;
  auto kept = s.give(1, 1, kind::put, "q");
  s.forget(1);
  CHECK_FALSE(kept.expired());
  auto item = s.ask(2, 1, kind::get, {"q"}).at(0);
  CHECK(item.handles == std::vector<std::string>{"actor"});
  s.forget(2);
  CHECK_FALSE(kept.expired());
  CHECK(s.ask(3, 1, kind::get, {"q"}).at(0).handles.size() == 1);
  s.about(3, kind::give_up, 1);
  CHECK(s.ask(3, 2, kind::get, {"q"}).at(0).handles.size() == 1);
  CHECK_FALSE(kept.expired());
  s.about(3, kind::taken, 2);
  CHECK(kept.expired());
  CHECK(s.state.empty());
}

TEST_CASE("handles in an item that waits for room go with who gives up or dies, and those that are refused at once") {
  stage s;
  auto first = s.give(1, 1, kind::put, "q", 1);
  auto second = s.give(1, 2, kind::put, "q", 1);
  auto third = s.give(2, 1, kind::put, "q", 1);
  CHECK_FALSE(second.expired());
  s.about(1, kind::give_up, 2);
  CHECK(second.expired());
  s.forget(2);
  CHECK(third.expired());
  CHECK_FALSE(first.expired());
  CHECK(s.give(1, 3, kind::put, "").expired());
  s.ask(1, 4, kind::put, {"typed"}, 0, "x", "i32");
  coordinate other;
  other.what = kind::put;
  other.ticket = 5;
  other.names = {"typed"};
  other.schema = "f64";
  other.handles = {"actor"};
  auto keeper = std::make_shared<int>();
  std::weak_ptr<int> refused = keeper;
  CHECK_FALSE(s.ask(1, std::move(other), std::move(keeper)).at(0).problem.empty());
  CHECK(refused.expired());
}

TEST_CASE("handles in a variable keep their actors until it changes, and on the way to those who have read it") {
  stage s;
  CHECK(s.ask(2, 1, kind::read, {"v"}).empty());
  auto first = s.give(1, 1, kind::write, "v");
  CHECK(s.ask(3, 1, kind::read, {"v"}).at(0).handles == std::vector<std::string>{"actor"});
  CHECK(s.ask(4, 1, kind::read, {"v"}).at(0).handles.size() == 1);
  auto second = s.give(1, 2, kind::write, "v");
  CHECK_FALSE(first.expired());
  s.about(2, kind::taken, 1);
  s.about(3, kind::give_up, 1);
  CHECK_FALSE(first.expired());
  s.forget(4);
  CHECK(first.expired());
  CHECK_FALSE(second.expired());
  s.ask(1, 3, kind::forget, {"v"});
  CHECK(second.expired());
  CHECK(s.state.empty());
}

TEST_CASE("handles in a message keep their actors until every subscriber has taken it, lost it or gone") {
  stage s;
  CHECK(s.give(1, 1, kind::publish, "t").expired());
  for (std::uint32_t subscriber : {2, 3, 4}) s.ask(subscriber, 1, kind::subscribe, {"t"}, 1);
  auto first = s.give(1, 2, kind::publish, "t");
  CHECK(s.next(2, 1, 2, 0).at(0).handles == std::vector<std::string>{"actor"});
  s.about(3, kind::give_up, 1);
  auto second = s.give(1, 3, kind::publish, "t");
  CHECK_FALSE(first.expired());
  s.about(2, kind::taken, 2);
  CHECK(first.expired());
  s.forget(2);
  CHECK_FALSE(second.expired());
  s.forget(4);
  CHECK(second.expired());
  CHECK(s.state.empty());
}

TEST_CASE("values without handles are not kept for who has read them") {
  stage s;
  s.ask(1, 1, kind::write, {"v"}, 1, "x");
  CHECK(s.ask(2, 1, kind::read, {"v"}).at(0).handles.empty());
  s.ask(1, 2, kind::forget, {"v"});
  CHECK(s.state.empty());
}

TEST_CASE("the core hears of the actors whose handles are in a value before that lies there, and when it is gone") {
  std::vector<scheduler_event> told;
  coordination_desk desk([&](scheduler_event event) { told.push_back(std::move(event)); });
  auto ask = [&desk](std::uint32_t client, std::uint64_t ticket, kind what, std::uint64_t of = 0,
                     std::vector<std::string> handles = {}) {
    coordinate wish;
    wish.what = what;
    wish.ticket = ticket;
    wish.names = {"q"};
    wish.limit = 0;
    wish.of = of;
    wish.handles = std::move(handles);
    return block_on(desk.answer({client}, std::move(wish)));
  };
  ask(1, 1, kind::put);
  CHECK(told.empty());
  ask(1, 2, kind::put, 0, {"actor", "other"});
  REQUIRE(told.size() == 1);
  auto kept = std::get<to_scheduler::keep_for_value>(told[0]);
  CHECK(kept.handles == std::vector<std::string>{"actor", "other"});
  CHECK(ask(2, 1, kind::get).names.empty());
  ask(2, 0, kind::taken, 1);
  CHECK(ask(2, 2, kind::get).names == kept.handles);
  desk.forget({2});
  CHECK(told.size() == 1);
  CHECK(ask(3, 1, kind::get).names == kept.handles);
  ask(3, 0, kind::taken, 1);
  REQUIRE(told.size() == 2);
  CHECK(std::get<to_scheduler::drop_values>(told[1]).values == std::vector<std::uint64_t>{kept.value});
  ask(3, 2, kind::publish, 0, {"actor"});
  REQUIRE(told.size() == 4);
  CHECK(std::get<to_scheduler::keep_for_value>(told[2]).value != kept.value);
}
