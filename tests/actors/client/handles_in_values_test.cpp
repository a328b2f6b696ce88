#include "support/extra.hpp"
#include "support/stage.hpp"

#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/with_deadline.hpp>
#include <troupe/net/codec/codec.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

/// Handles of actors in items of queues, values of variables and messages of topics, which lie with the scheduler: it
/// has to keep those actors.
namespace {

using namespace std::chrono_literals;
using troupe::actor_options;
using troupe::block_on;
using troupe::remote_actor;
using troupe::test::eventually;
using troupe::test::extra;
using troupe::test::failure_of;
using troupe::test::pointer_to;
using troupe::test::stage;

using count = std::atomic<int>;
using handle = remote_actor<extra>;

struct cast {
  std::string play;
  std::vector<handle> members;
};

/// Reads its handle, and then fails.
struct unreadable {
  handle member;

  friend void encode(troupe::encoder& out, unreadable const& u) { troupe::encode(out, u.member); }
  friend unreadable decode(troupe::decoder& in, std::type_identity<unreadable>) {
    static_cast<void>(troupe::decode<handle>(in));
    throw troupe::codec_error("nobody can read this");
  }
};

handle make(troupe::client const& client, count& alive, int number = 1) {
  return client.create_actor<extra>(pointer_to<count>(&alive), number).get();
}
int number_of(handle const& of) { return of.call<&extra::number>().get(); }

cast make_cast(troupe::task_context& context, pointer_to<count> alive, int number) {
  return {"drama", {context.client().create_actor<extra>(alive, number).get()}};
}
void make_and_put(troupe::task_context& context, pointer_to<count> alive, int number) {
  auto client = context.client();
  auto made = client.create_actor<extra>(alive, number).get();
  client.queue<handle>("q").put(made).get();
}
/// Without a thread while it waits.
troupe::task<int> take_and_ask(troupe::task_context& context) {
  auto taking = context.client().queue<handle>("q").get();
  auto taken = co_await std::move(taking);
  auto asked = taken.call<&extra::number>();
  co_return co_await std::move(asked);
}
handle take_and_pass_on(troupe::task_context& context) { return block_on(context.client().queue<handle>("q").get()); }
void put_given(troupe::task_context& context, handle const& given) {
  context.client().queue<handle>("q").put(given).get();
}

/// By then what was let go is gone.
void settle(troupe::client const& client) {
  for (int i = 0; i < 3; ++i) static_cast<void>(client.submit([](int n) { return n; }, i).get());
  static_cast<void>(client.cluster_info().get());
}

}  // namespace

TEST_CASE("an actor whose handle is in an item lives until that is taken and the taker drops it") {
  count alive = 0;
  stage s(2, 2);
  auto queue = s.client.queue<cast>("q");
  queue.put({"comedy", {make(s.client, alive, 1), make(s.client, alive, 2)}}).get();
  settle(s.client);
  CHECK(alive == 2);
  CHECK(queue.size().get() == 1);
  std::optional taken = block_on(queue.get());
  settle(s.client);
  CHECK(taken->play == "comedy");
  CHECK(number_of(taken->members[0]) + number_of(taken->members[1]) == 3);
  taken.reset();
  eventually([&] { return alive == 0; });
  troupe::test::until_empty(s.client);
}

TEST_CASE("items stay with the actors in them when the client that put them goes") {
  count alive = 0;
  stage s(2, 2);
  auto other = s.cluster.connect("other");
  auto given = make(other, alive);
  other.queue<handle>("q").put(given).get();
  other.variable<handle>("v").set(given).get();
  other.close();
  given = {};
  settle(s.client);
  CHECK(alive == 1);
  CHECK(number_of(block_on(s.client.queue<handle>("q").get())) == 1);
  CHECK(number_of(block_on(s.client.variable<handle>("v").get())) == 1);
  CHECK(alive == 1);
  s.client.variable<handle>("v").reset().get();
  eventually([&] { return alive == 0; });
}

TEST_CASE("an item that comes back from who did not take it has its actors still") {
  count alive = 0;
  stage s(2, 2);
  auto queue = s.client.queue<handle>("q");
  SECTION("given up") {
    for (int i = 0; i < 20; ++i)
      CHECK_THROWS_AS(block_on(troupe::with_timeout(queue.get(), 0ms)), troupe::cancelled_error);
    queue.put(make(s.client, alive)).get();
  }
  SECTION("never awaited") {
    auto unread = queue.get();
    queue.put(make(s.client, alive)).get();
    settle(s.client);
    CHECK(queue.size().get() == 0);
  }
  SECTION("by a client that closes") {
    auto other = s.cluster.connect("other");
    auto unread = other.queue<handle>("q").get();
    queue.put(make(s.client, alive)).get();
    settle(s.client);
    other.close();
  }
  CHECK(alive == 1);
  CHECK(number_of(block_on(queue.get())) == 1);
  eventually([&] { return alive == 0; });
}

TEST_CASE("an item that is not put, or cannot be read, keeps nobody") {
  count alive = 0;
  stage s(2, 2);
  SECTION("given up while it waits for room") {
    auto full = s.client.queue<handle>("q", 1);
    full.put({}).get();
    auto waiting = full.put(make(s.client, alive));
    settle(s.client);
    CHECK(alive == 1);
    waiting.cancel();
    eventually([&] { return alive == 0; });
    CHECK_FALSE(block_on(full.get()).valid());
  }
  SECTION("refused") {
    s.client.queue<int>("q").put(1).get();
    auto refused = s.client.queue<handle>("q").put(make(s.client, alive));
    CHECK_THROWS_WITH(refused.get(), Catch::Matchers::Contains("the queue 'q' is of i32"));
  }
  SECTION("unreadable") {
    auto queue = s.client.queue<unreadable>("q");
    queue.put({make(s.client, alive)}).get();
    CHECK_THROWS_WITH(block_on(queue.get()), Catch::Matchers::Contains("nobody can read this"));
    CHECK(queue.size().get() == 0);
  }
  eventually([&] { return alive == 0; });
}

TEST_CASE("tasks hand on actors through queues, those they have made and those they were given") {
  count alive = 0;
  stage s(2, 2);
  auto asked = s.client.submit<take_and_ask>();
  s.client.submit<make_and_put>(pointer_to<count>(&alive), 5).get();
  CHECK(asked.get() == 5);
  eventually([&] { return alive == 0; });

  s.client.submit<make_and_put>(pointer_to<count>(&alive), 6).get();
  settle(s.client);
  CHECK(alive == 1);
  auto passed_on = s.client.submit<take_and_pass_on>();
  CHECK(number_of(passed_on.get()) == 6);
  passed_on = {};
  eventually([&] { return alive == 0; });

  s.client.submit<put_given>(make(s.client, alive, 7)).get();
  settle(s.client);
  CHECK(alive == 1);
  CHECK(number_of(block_on(s.client.queue<handle>("q").get())) == 7);
  eventually([&] { return alive == 0; });
}

TEST_CASE("a handle of another client of this program can be put") {
  count alive = 0;
  stage s(2, 2);
  auto other = s.cluster.connect("other");
  for (int i = 0; i < 20; ++i) {
    auto given = make(other, alive, i);
    auto put = s.client.queue<handle>("q").put(given);
    given = {};
    put.get();
    REQUIRE(number_of(block_on(s.client.queue<handle>("q").get())) == i);
  }
  eventually([&] { return alive == 0; });
}

TEST_CASE("a variable keeps the actor whose handle is in it until it gets another value, or none") {
  count alive = 0;
  stage s(2, 2);
  auto variable = s.client.variable<handle>("v");
  variable.set(make(s.client, alive, 1)).get();
  settle(s.client);
  CHECK(alive == 1);
  auto first = block_on(variable.get());
  auto second = block_on(variable.get());
  variable.set(make(s.client, alive, 2)).get();
  settle(s.client);
  CHECK(alive == 2);
  CHECK(number_of(first) + number_of(second) == 2);
  first = {};
  second = {};
  eventually([&] { return alive == 1; });
  CHECK(number_of(block_on(variable.get())) == 2);
  variable.reset().get();
  eventually([&] { return alive == 0; });
}

TEST_CASE("whoever has read a variable has its actor, however soon it changes") {
  count alive = 0;
  stage s(2, 2);
  auto variable = s.client.variable<handle>("v");
  variable.set(make(s.client, alive, 0)).get();
  auto other = s.cluster.connect("other");
  SECTION("before he has looked at it") {
    auto late = other.variable<handle>("v").get();
    settle(other);
    variable.set(make(s.client, alive, 1)).get();
    settle(s.client);
    CHECK(alive == 2);
    CHECK(number_of(block_on(std::move(late))) == 0);
  }
  SECTION("and never looks at it") {
    {
      auto unread = other.variable<handle>("v").get();
      settle(other);
      variable.set(make(s.client, alive, 1)).get();
    }
    eventually([&] { return alive == 1; });
  }
  SECTION("while it changes all the time") {
    std::jthread writer([&](std::stop_token stop) {
      for (int i = 1; !stop.stop_requested(); ++i) variable.set(make(s.client, alive, i)).get();
    });
    std::vector<int> seen;
    for (int i = 0; i < 100; ++i) seen.push_back(number_of(block_on(other.variable<handle>("v").get())));
    CHECK(std::is_sorted(seen.begin(), seen.end()));
  }
  variable.reset().get();
  eventually([&] { return alive == 0; });
}

TEST_CASE("an actor whose handle is in a message lives until all subscribers have taken it") {
  count alive = 0;
  stage s(2, 2);
  auto other = s.cluster.connect("other");
  auto topic = s.client.topic<handle>("t");
  CHECK(topic.publish(make(s.client, alive)).get() == 0);
  eventually([&] { return alive == 0; });
  std::optional first = block_on(topic.subscribe());
  std::optional second = block_on(other.topic<handle>("t").subscribe(1));
  topic.publish(make(s.client, alive, 1)).get();
  topic.publish(make(s.client, alive, 2)).get();
  settle(s.client);
  CHECK(alive == 2);
  CHECK(number_of(block_on(second->next())) == 2);
  CHECK(second->dropped() == 1);
  CHECK(number_of(block_on(first->next())) == 1);
  eventually([&] { return alive == 1; });
  SECTION("taken") { CHECK(number_of(block_on(first->next())) == 2); }
  SECTION("not wanted any more") { first.reset(); }
  SECTION("with the client") { s.client.close(); }
  eventually([&] { return alive == 0; });
}

TEST_CASE("calls of an actor that died while its handle lay in a queue fail as of any that is gone") {
  count alive = 0;
  stage s(2, 2);
  auto actor = make(s.client, alive);
  s.client.queue<handle>("q").put(actor).get();
  actor.stop().get();
  actor = {};
  CHECK(alive == 0);
  auto taken = block_on(s.client.queue<handle>("q").get());
  CHECK(taken.valid());
  CHECK_THAT(failure_of<troupe::actor_gone>(taken.call<&extra::number>()).what(),
             Catch::Matchers::Contains("it was stopped"));
}

TEST_CASE("an actor is no dataset, its handle can be one") {
  count alive = 0;
  stage s(2, 2);
  auto actor = s.client.create_actor<extra>(pointer_to<count>(&alive), 4);
  CHECK(number_of(actor.get()) == 4);
  CHECK_THROWS_WITH(s.client.publish_dataset("actor", actor).get(),
                    "what is published as 'actor' is an actor, not data: scatter its handle, and publish that");
  auto data = block_on(s.client.scatter(actor.get()));
  s.client.publish_dataset("actor", data).get();
  actor = {};
  data = {};
  settle(s.client);
  CHECK(number_of(block_on(s.client.get_dataset<handle>("actor")).get()) == 4);
  s.client.unpublish_dataset("actor").get();
  eventually([&] { return alive == 0; });
}

TEST_CASE("a published dataset keeps the actors whose handles are in it, and longer than who published it") {
  count alive = 0;
  stage s(2, 2);
  {
    auto other = s.cluster.connect("other");
    auto data = other.submit<make_cast>(pointer_to<count>(&alive), 3);
    other.publish_dataset("cast", data).get();
    static_cast<void>(data.get());
    other.close();
  }
  settle(s.client);
  CHECK(alive == 1);
  auto data = block_on(s.client.get_dataset<cast>("cast"));
  CHECK(number_of(data.get().members[0]) == 3);
  s.client.unpublish_dataset("cast").get();
  data = {};
  eventually([&] { return alive == 0; });
}
