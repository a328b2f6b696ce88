#include "support/stage.hpp"

#include <troupe/futures/gather.hpp>
#include <troupe/futures/promise.hpp>
#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/with_deadline.hpp>
#include <troupe/net/codec/codec.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using troupe::actor_gone;
using troupe::actor_options;
using troupe::future;
using troupe::remote_actor;
using troupe::task_error;
using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::opened_at_end;
using troupe::test::pointer_to;
using troupe::test::stage;

class counter {
 public:
  explicit counter(int start) : value_(start) {}
  int add(int n) { return value_ += n; }
  int value() const noexcept { return value_; }
  int take_apart(std::string_view text) {
    value_ += int(text.size());
    throw std::runtime_error("no " + std::string(text));
  }

 private:
  int value_;
};

class refusing {
 public:
  explicit refusing(std::string const& why) { throw std::invalid_argument(why); }
  int nothing() { return 0; }
};

/// Counts the methods that run at the same time, and the objects that live.
class narrow {
 public:
  struct tally {
    std::atomic<int> inside{0}, most{0}, alive{0};
    gate door;
  };
  explicit narrow(pointer_to<tally> t) : tally_(*t) { ++tally_->alive; }
  narrow(narrow const&) = delete;
  narrow& operator=(narrow const&) = delete;
  ~narrow() { --tally_->alive; }

  troupe::task<int> wait_for(future<int> const* what) {
    enter();
    int got = co_await *what;
    --tally_->inside;
    co_return got;
  }
  troupe::task<int> await(pointer_to<future<int> const> what) { return wait_for(*what); }
  int pass() {
    enter();
    --tally_->inside;
    return ++passed_;
  }
  void block() { tally_->door.pass(); }
  bool block_until_asked(troupe::task_context& context) { return tally_->door.pass(context.stop_token()); }

 private:
  void enter() {
    int now = ++tally_->inside;
    int most = tally_->most;
    while (now > most && !tally_->most.compare_exchange_weak(most, now)) {
    }
  }
  tally* tally_;
  int passed_ = 0;
};

struct team {
  std::string name;
  std::vector<remote_actor<counter>> members;
};

/// Keeps handles of others, and calls them.
class captain {
 public:
  void keep(team of) { team_ = std::move(of); }
  troupe::task<int> add_to_all(int n) {
    std::vector<future<int>> sums;
    for (auto const& member : team_.members) sums.push_back(member.call<&counter::add>(n));
    auto all = co_await troupe::gather(sums);
    int sum = 0;
    for (int one : all) sum += one;
    co_return sum;
  }
  remote_actor<counter> member(std::size_t i) const { return team_.members.at(i); }
  remote_actor<counter> hire(troupe::task_context& context, int start) {
    return context.client().create_actor<counter>(start).get();
  }

 private:
  team team_;
};

troupe::task<int> add_through(remote_actor<counter> to, int n) {
  auto sum = to.call<&counter::add>(n);
  co_return co_await sum;
}
int add_blocking(remote_actor<counter> const& to, int n) { return to.call<&counter::add>(n).get(); }
int add_to_team(team const& of, int n) {
  int sum = 0;
  for (auto const& member : of.members) sum += member.call<&counter::add>(n).get();
  return sum;
}
remote_actor<counter> make_one(troupe::task_context& context, int start) {
  return context.client().create_actor<counter>(start).get();
}
int give(int n) { return n; }

}  // namespace

TEST_CASE("calls of an actor run in their order and see what those before left") {
  stage s(2, 2);
  auto handle = s.client.create_actor<counter>(10).get();
  std::vector<future<int>> answers;
  for (int i = 0; i < 1000; ++i) answers.push_back(handle.call<&counter::add>(1));
  for (int i = 0; i < 1000; ++i) REQUIRE(answers[std::size_t(i)].get() == 11 + i);
  CHECK(handle.call<&counter::value>().get() == 1010);
}

TEST_CASE("a constructor's arguments may be futures, and text") {
  stage s(2);
  auto start = s.client.submit<give>(7);
  auto handle = s.client.create_actor<counter>(start).get();
  CHECK(handle.call<&counter::value>().get() == 7);
}

TEST_CASE("a constructor that throws fails the future of the handle") {
  stage s;
  auto created = s.client.create_actor<refusing>("not today");
  auto failure = troupe::test::failure_of<task_error>(created);
  CHECK(failure.message() == "not today");
  CHECK(failure.type_name() == "std::invalid_argument");
  CHECK(failure.function() == "refusing");
}

TEST_CASE("a method that throws fails its own call, and the actor goes on") {
  stage s;
  auto handle = s.client.create_actor<counter>(0).get();
  auto before = handle.call<&counter::add>(1);
  auto failed = handle.call<&counter::take_apart>("clock");
  auto after = handle.call<&counter::add>(1);
  auto failure = troupe::test::failure_of<task_error>(failed);
  CHECK(failure.message() == "no clock");
  CHECK(failure.function() == "counter::take_apart");
  CHECK(failure.key() == handle.key());
  CHECK(before.get() == 1);
  CHECK(after.get() == 7);
}

TEST_CASE("a method that is a coroutine is finished before the next call begins") {
  narrow::tally tally;
  stage s(1, 3);
  troupe::promise<int> later;
  auto awaited = later.get_future();
  auto handle = s.client.create_actor<narrow>(pointer_to<narrow::tally>(&tally)).get();
  auto waits = handle.call<&narrow::await>(pointer_to<future<int> const>(&awaited));
  std::vector<future<int>> behind;
  for (int i = 0; i < 20; ++i) behind.push_back(handle.call<&narrow::pass>());
  troupe::test::eventually([&] { return tally.inside == 1; });
  CHECK(std::none_of(behind.begin(), behind.end(), [](auto const& f) { return f.done(); }));
  later.set_value(5);
  CHECK(waits.get() == 5);
  for (int i = 0; i < 20; ++i) CHECK(behind[std::size_t(i)].get() == i + 1);
  CHECK(tally.most == 1);
}

TEST_CASE("a stopped actor has run what was asked before, and answers nobody after") {
  narrow::tally tally;
  stage s(2);
  auto handle = s.client.create_actor<narrow>(pointer_to<narrow::tally>(&tally)).get();
  auto last = handle.call<&narrow::pass>();
  auto stopped = handle.stop();
  auto late = handle.call<&narrow::pass>();
  CHECK(last.get() == 1);
  stopped.get();
  CHECK(tally.alive == 0);
  auto failure = troupe::test::failure_of<actor_gone>(late);
  CHECK(failure.what() == "actor " + handle.key() + " is gone: it was stopped");
  CHECK(troupe::test::failure_of<actor_gone>(handle.call<&narrow::pass>()).what() == std::string(failure.what()));
}

TEST_CASE("an actor goes when nobody has a handle any more") {
  narrow::tally tally;
  stage s(2);
  {
    auto created = s.client.create_actor<narrow>(pointer_to<narrow::tally>(&tally));
    auto copy = created.get();
    created = {};
    CHECK(copy.call<&narrow::pass>().get() == 1);
    CHECK(tally.alive == 1);
  }
  troupe::test::eventually([&] { return tally.alive == 0; });
  troupe::test::until_empty(s.client);
}

TEST_CASE("a call keeps its actor until it is answered") {
  narrow::tally tally;
  stage s;
  auto created = s.client.create_actor<narrow>(pointer_to<narrow::tally>(&tally));
  opened_at_end open(tally.door);
  auto answer = created.get().call<&narrow::block>();
  created = {};
  tally.door.wait_for(1);
  CHECK(tally.alive == 1);
  tally.door.open();
  answer.get();
  troupe::test::eventually([&] { return tally.alive == 0; });
}

TEST_CASE("a handle travels as an argument of tasks, alone and in other values") {
  stage s(2, 2);
  auto handle = s.client.create_actor<counter>(0).get();
  CHECK(s.client.submit<add_through>(handle, 1).get() == 1);
  CHECK(s.client.submit<add_blocking>(handle, 1).get() == 2);
  auto other = s.client.create_actor<counter>(100).get();
  CHECK(s.client.submit<add_to_team>(team{"both", {handle, other}}, 1).get() == 3 + 101);
}

TEST_CASE("a task keeps the actors whose handles it was given until it has ended") {
  gate busy;
  stage s(1, 1);
  opened_at_end open(busy);
  auto before = s.client.submit([](gate_ref g) { (*g)->pass(); }, gate_ref(&busy));
  busy.wait_for(1);
  auto created = s.client.create_actor<counter>(5);
  auto handle = created.get();
  auto sum = s.client.submit<add_blocking>(handle, 1);
  handle = {};
  created = {};
  CHECK_FALSE(sum.done());
  busy.open();
  CHECK(sum.get() == 6);
  before = {};
  sum = {};
  troupe::test::until_empty(s.client);
}

TEST_CASE("actors keep handles of others and call them") {
  stage s(2, 2);
  auto leader = s.client.create_actor<captain>().get();
  std::vector<remote_actor<counter>> members;
  for (int i = 0; i < 3; ++i) members.push_back(s.client.create_actor<counter>(i).get());
  leader.call<&captain::keep>(team{"all", members}).get();
  members.clear();
  CHECK(leader.call<&captain::add_to_all>(1).get() == 6);
  CHECK(leader.call<&captain::member>(2u).get().call<&counter::value>().get() == 3);
  leader.stop().get();
  leader = {};
  troupe::test::until_empty(s.client);
}

TEST_CASE("a handle among results keeps its actor") {
  stage s(2, 2);
  auto made = s.client.submit<make_one>(3);
  auto handle = made.get();
  made = {};
  CHECK(handle.call<&counter::add>(1).get() == 4);
  auto leader = s.client.create_actor<captain>().get();
  auto hired = leader.call<&captain::hire>(8).get();
  CHECK(hired.call<&counter::add>(1).get() == 9);
}

TEST_CASE("a call that waits is taken back by cancel, one that runs is asked to stop") {
  narrow::tally tally;
  stage s;
  opened_at_end open(tally.door);
  auto handle = s.client.create_actor<narrow>(pointer_to<narrow::tally>(&tally)).get();
  auto running = handle.call<&narrow::block_until_asked>();
  auto waiting = handle.call<&narrow::pass>();
  auto behind = handle.call<&narrow::pass>();
  tally.door.wait_for(1);
  waiting.cancel();
  CHECK(troupe::test::reason_of(waiting) == "cancelled");
  running.cancel();
  CHECK(troupe::test::reason_of(running) == "cancelled");
  CHECK(behind.get() == 1);
}

TEST_CASE("a call has the deadline it is given") {
  narrow::tally tally;
  stage s;
  opened_at_end open(tally.door);
  auto handle = s.client.create_actor<narrow>(pointer_to<narrow::tally>(&tally)).get();
  auto answer = handle.call<&narrow::block_until_asked>();
  tally.door.wait_for(1);
  CHECK_THROWS_AS(troupe::block_on(troupe::with_deadline(answer, troupe::clock::now())), troupe::cancelled_error);
  CHECK(troupe::test::reason_of(answer) == "deadline");
  CHECK(handle.call<&narrow::pass>().get() == 1);
}

TEST_CASE("actors of one name are one") {
  stage s(2);
  auto mine = s.client.create_actor<counter>(actor_options().name("the counter"), 1).get();
  auto other = s.cluster.connect("another");
  auto theirs = other.create_actor<counter>(actor_options().name("the counter"), 50).get();
  CHECK(mine.call<&counter::add>(1).get() == 2);
  CHECK(theirs.call<&counter::add>(1).get() == 3);
  CHECK(theirs.key() == "the counter");
}

TEST_CASE("the future of a handle is no argument") {
  stage s;
  auto created = s.client.create_actor<counter>(1);
  CHECK_THROWS_WITH(s.client.submit<add_blocking>(created, 1), Catch::Contains("pass the handle"));
}

TEST_CASE("a handle of no actor says so") {
  remote_actor<counter> none;
  CHECK_FALSE(none.valid());
  CHECK(none.key().empty());
  CHECK_THROWS_WITH(none.call<&counter::value>(), Catch::Contains("no actor"));
}

TEST_CASE("a client that closes fails its calls, waiting and running") {
  narrow::tally tally;
  stage s;
  opened_at_end open(tally.door);
  auto handle = s.client.create_actor<narrow>(pointer_to<narrow::tally>(&tally)).get();
  auto running = handle.call<&narrow::block>();
  auto waiting = handle.call<&narrow::pass>();
  tally.door.wait_for(1);
  s.client.close();
  troupe::test::failure_of<troupe::client_closed>(running);
  troupe::test::failure_of<troupe::client_closed>(waiting);
  troupe::test::failure_of<troupe::client_closed>(handle.call<&narrow::pass>());
}

TEST_CASE("an actor of a worker that is retired is made anew where it may, and is gone where it may not") {
  stage s(2);
  auto lasting =
      s.client.create_actor<counter>(actor_options().restarts(1).workers(troupe::on_workers("worker-1"), true), 3)
          .get();
  auto fleeting =
      s.client.create_actor<counter>(actor_options().workers(troupe::on_workers("worker-1"), true), 3).get();
  CHECK(lasting.call<&counter::add>(1).get() == 4);
  CHECK(fleeting.call<&counter::add>(1).get() == 4);
  s.client.retire_workers(troupe::on_workers("worker-1")).get();
  CHECK(lasting.call<&counter::add>(1).get() == 4);
  CHECK_THAT(troupe::test::failure_of<actor_gone>(fleeting.call<&counter::add>(1)).what(),
             Catch::Contains("was lost with worker worker-1"));
}
