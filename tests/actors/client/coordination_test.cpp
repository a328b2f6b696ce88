#include "support/stage.hpp"

#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/with_deadline.hpp>
#include <troupe/net/codec/codec.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::block_on;
using troupe::test::failure_of;
using troupe::test::stage;

std::atomic<int> inside{0}, most{0}, turns{0};

/// Adds 1 under a lock, without being careful.
troupe::task<std::uint64_t> count_up(troupe::task_context& context, std::string lock, std::uint64_t leases) {
  auto acquired = context.client().semaphore(lock, leases).acquire();
  auto held = co_await std::move(acquired);
  most = std::max(most.load(), ++inside);
  ++turns;
  --inside;
  co_return held.fence();
}

troupe::task<int> take_and_square(troupe::task_context& context) {
  auto taken = context.client().queue<int>("work").get();
  int x = co_await std::move(taken);
  co_return x* x;
}

troupe::task<int> wait_for_start(troupe::task_context& context, int x) {
  auto started = context.client().event("start").wait();
  co_await std::move(started);
  co_return x;
}

/// With whatever type: to be asked for as another one.
struct reading {
  std::string sensor;
  double value = 0;
};

/// Tells by which thread it was read, and cannot be read where its text is "unreadable".
struct witness {
  std::string text;
  std::thread::id reader;

  friend void encode(troupe::encoder& out, witness const& w) { troupe::encode(out, w.text); }
  friend witness decode(troupe::decoder& in, std::type_identity<witness>) {
    auto read = troupe::decode<std::string>(in);
    if (read == "unreadable") throw troupe::codec_error("nobody can read this");
    return {read, std::this_thread::get_id()};
  }
};

}  // namespace

TEST_CASE("one task at a time has a lock, and every one gets it, with a token of its own") {
  inside = most = turns = 0;
  stage s(2, 2);
  auto tokens = s.client.map<count_up>(std::vector<std::string>(20, "l"), troupe::fixed(std::uint64_t{1}));
  std::vector<std::uint64_t> seen;
  for (auto& t : tokens) seen.push_back(t.get());
  std::sort(seen.begin(), seen.end());
  CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
  CHECK(most == 1);
  CHECK(turns == 20);
}

TEST_CASE("a lease goes back when its last copy goes, when it is released, and with its client") {
  stage s;
  auto other = s.cluster.connect("other");
  auto lock = s.client.lock("l");
  auto theirs = other.lock("l");
  {
    auto held = lock.acquire().get();
    auto copy = held;
    auto waiting = theirs.acquire();
    held = {};
    CHECK_FALSE(waiting.done());
    copy.release();
    CHECK(waiting.get().fence() > 0);
  }
  auto mine = lock.acquire().get();
  auto again = theirs.acquire();
  s.client.close();
  CHECK(again.get());
}

TEST_CASE("a wish that is given up in time stands in nobody's way") {
  stage s;
  auto lock = s.client.lock("l");
  auto held = lock.acquire().get();
  auto late = lock.acquire();
  CHECK_THROWS_AS(block_on(troupe::with_timeout(late, 1ms)), troupe::cancelled_error);
  auto next = lock.acquire();
  held.release();
  CHECK(next.get());
}

TEST_CASE("a semaphore has its leases, and locks are taken all at once") {
  inside = most = turns = 0;
  stage s(2, 2);
  auto tokens = s.client.map<count_up>(std::vector<std::string>(20, "s"), troupe::fixed(std::uint64_t{2}));
  for (auto& t : tokens) t.get();
  CHECK(most <= 2);
  auto a = s.client.lock("a").acquire().get();
  auto both = s.client.multi_lock({"a", "b"}).acquire();
  auto b = s.client.lock("b").acquire();
  CHECK_FALSE(b.done());
  a.release();
  auto held = both.get();
  held.release();
  CHECK(b.get());
  auto three = s.client.semaphore("three", 3).acquire().get();
  CHECK(failure_of<troupe::error>(s.client.lock("three").acquire()).what() ==
        std::string("the semaphore 'three' has 3 leases, not 1"));
}

TEST_CASE("tasks that wait for an event go on when it is set") {
  stage s;
  auto tasks = s.client.map<wait_for_start>(std::vector{1, 2, 3});
  auto start = s.client.event("start");
  CHECK_FALSE(start.is_set().get());
  start.set().get();
  CHECK(tasks[0].get() + tasks[1].get() + tasks[2].get() == 6);
  CHECK(start.is_set().get());
  start.clear().get();
  CHECK_FALSE(start.is_set().get());
}

TEST_CASE("a queue hands each item to one task, waits for room, and is of one type") {
  stage s(2, 1);
  auto queue = s.client.queue<int>("work");
  auto squares = std::vector{s.client.submit<take_and_square>(), s.client.submit<take_and_square>()};
  queue.put(3).get();
  queue.put(4).get();
  CHECK(squares[0].get() + squares[1].get() == 25);
  CHECK(queue.size().get() == 0);

  auto small = s.client.queue<std::string>("small", 1);
  small.put("x").get();
  auto second = small.put("y");
  CHECK(small.size().get() == 1);
  CHECK_FALSE(second.done());
  CHECK(block_on(small.get()) == "x");
  second.get();
  CHECK(block_on(small.get()) == "y");

  small.put("z").get();
  CHECK_THROWS_WITH(block_on(s.client.queue<int>("small").get()), "the queue 'small' is of str, not of i32");
}

TEST_CASE("an item that nobody waits for any more goes to the next") {
  stage s;
  auto queue = s.client.queue<int>("q");
  for (int i = 0; i < 20; ++i)
    CHECK_THROWS_AS(block_on(troupe::with_timeout(queue.get(), 0ms)), troupe::cancelled_error);
  for (int i = 0; i < 20; ++i) queue.put(i).get();
  for (int i = 0; i < 20; ++i) CHECK(block_on(queue.get()) == i);
}

TEST_CASE("an item, a value and a message are read by the thread that awaits them") {
  stage s;
  auto here = std::this_thread::get_id();
  auto queue = s.client.queue<witness>("q");
  queue.put({"item", {}}).get();
  CHECK(block_on(queue.get()).reader == here);
  auto variable = s.client.variable<witness>("v");
  variable.set({"value", {}}).get();
  CHECK(block_on(variable.get()).reader == here);
  auto topic = s.client.topic<witness>("t");
  auto heard = block_on(topic.subscribe());
  topic.publish({"message", {}}).get();
  CHECK(block_on(heard.next()).reader == here);
}

TEST_CASE("an item that cannot be read fails its getter, and does not come again") {
  stage s;
  auto queue = s.client.queue<witness>("q");
  queue.put({"unreadable", {}}).get();
  queue.put({"item", {}}).get();
  CHECK_THROWS_WITH(block_on(queue.get()), Catch::Matchers::Contains("nobody can read this"));
  CHECK(block_on(queue.get()).text == "item");
  CHECK(queue.size().get() == 0);
}

TEST_CASE("a variable is read when there is a value, and keeps the last") {
  stage s;
  auto other = s.cluster.connect("other");
  auto written = s.client.variable<reading>("v");
  auto read = other.variable<reading>("v");
  written.set({"a", 1}).get();
  CHECK(block_on(read.get()).sensor == "a");
  written.set({"b", 2}).get();
  CHECK(block_on(read.get()).value == 2);
  written.reset().get();
  CHECK_THROWS_AS(block_on(troupe::with_timeout(read.get(), 1ms)), troupe::cancelled_error);
}

TEST_CASE("a topic's messages reach all subscribers, and end with them") {
  stage s;
  auto other = s.cluster.connect("other");
  auto mine = s.client.topic<std::string>("t");
  CHECK(mine.publish("nobody").get() == 0);
  std::optional first = block_on(other.topic<std::string>("t").subscribe());
  auto second = block_on(mine.subscribe(1));
  CHECK(mine.publish("x").get() == 2);
  CHECK(mine.publish("y").get() == 2);
  CHECK(block_on(first->next()) == "x");
  CHECK(block_on(first->next()) == "y");
  CHECK(block_on(second.next()) == "y");
  CHECK(second.dropped() == 1);
  first.reset();
  troupe::test::eventually([&] { return mine.publish("z").get() == 1; });
}

TEST_CASE("no message is lost to waits that end as it comes") {
  stage s;
  auto topic = s.client.topic<int>("t");
  auto heard = block_on(topic.subscribe(1000));
  std::vector<troupe::future<std::size_t>> published;
  for (int i = 0; i < 300; ++i) published.push_back(topic.publish(i));
  int next = 0;
  // Every other wait is long enough.
  for (bool patient = false; next < 300; patient = !patient) {
    try {
      int message = block_on(troupe::with_timeout(heard.next(), patient ? troupe::duration(1h) : 50us));
      CHECK(message == next);
      ++next;
    } catch (troupe::cancelled_error const&) {
    }
  }
  CHECK(heard.dropped() == 0);
}

TEST_CASE("what has no name is refused, and a closed client answers for everything") {
  stage s;
  CHECK(failure_of<troupe::error>(s.client.lock("").acquire()).what() == std::string("it needs a name"));
  auto lock = s.client.lock("l");
  auto held = lock.acquire().get();
  auto waiting = lock.acquire();
  s.client.close();
  CHECK_THROWS_AS(waiting.get(), troupe::client_closed);
  CHECK_THROWS_AS(lock.acquire().get(), troupe::client_closed);
}
