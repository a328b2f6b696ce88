#include <troupe/futures/channel.hpp>

#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/scope.hpp>

#include "support/counted.hpp"
#include "support/pool.hpp"
#include "support/started.hpp"

#include <catch2/catch.hpp>

#include <memory>

using troupe::channel;
using troupe::test::counted;
using troupe::test::started;

namespace {

troupe::task<void> send_all(channel<int>& to, int from, int until) {
  for (int i = from; i < until; ++i) co_await to.send(i);
}

troupe::task<std::vector<int>> receive_all(channel<int>& from) {
  std::vector<int> values;
  while (auto v = co_await from.next()) values.push_back(*v);
  co_return values;
}

troupe::task<std::optional<int>> receive_one(channel<int>& from) { co_return co_await from.next(); }

}  // namespace

TEST_CASE("values come out of a channel in the order in which they went in") {
  channel<int> numbers(3);
  for (int i = 0; i < 3; ++i) CHECK(numbers.try_send(i));
  CHECK(numbers.size() == 3);
  numbers.close();
  CHECK(troupe::block_on(receive_all(numbers)) == std::vector{0, 1, 2});
}

TEST_CASE("a full channel refuses try_send and leaves the value alone") {
  channel<std::unique_ptr<int>> numbers(1);
  CHECK(numbers.try_send(std::make_unique<int>(1)));
  auto two = std::make_unique<int>(2);
  CHECK_FALSE(numbers.try_send(std::move(two)));
  REQUIRE(two);
  CHECK(**numbers.try_next() == 1);
  CHECK(numbers.try_send(std::move(two)));
  CHECK_FALSE(two);
}

TEST_CASE("sending into a full channel waits for a consumer") {
  troupe::manual_executor loop;
  channel<int> numbers(2);
  started producer(loop, send_all(numbers, 0, 4));
  loop.run();
  CHECK_FALSE(producer.ended());
  CHECK(numbers.size() == 2);
  CHECK(numbers.try_next() == 0);
  CHECK(numbers.try_next() == 1);
  loop.run();
  CHECK(producer.ended());
  CHECK(numbers.try_next() == 2);
  CHECK(numbers.try_next() == 3);
  CHECK(numbers.try_next() == std::nullopt);
}

TEST_CASE("a consumer of an empty channel waits for a value") {
  troupe::manual_executor loop;
  channel<int> numbers(2);
  started consumer(loop, receive_one(numbers));
  loop.run();
  CHECK_FALSE(consumer.ended());
  CHECK(numbers.try_send(5));
  loop.run();
  REQUIRE(consumer.ended());
  CHECK(consumer.result() == 5);
}

TEST_CASE("who waits longest in a channel is served first") {
  troupe::manual_executor loop;
  channel<int> numbers(1);
  started first(loop, receive_one(numbers));
  started second(loop, receive_one(numbers));
  loop.run();
  CHECK(numbers.try_send(1));
  CHECK(numbers.try_send(2));
  loop.run();
  CHECK(first.result() == 1);
  CHECK(second.result() == 2);

  started sends_first(loop, send_all(numbers, 10, 12));
  started sends_second(loop, send_all(numbers, 20, 21));
  loop.run();
  std::vector<int> values;
  while (auto v = numbers.try_next()) {
    values.push_back(*v);
    loop.run();
  }
  CHECK(values == std::vector{10, 11, 20});
}

TEST_CASE("next gives nothing once a channel is closed and empty") {
  channel<int> numbers(2);
  CHECK(numbers.try_send(1));
  numbers.close();
  CHECK_FALSE(numbers.try_send(2));
  CHECK(troupe::block_on(receive_one(numbers)) == 1);
  CHECK(troupe::block_on(receive_one(numbers)) == std::nullopt);
}

TEST_CASE("closing a channel wakes its consumers with nothing and its producers with channel_closed") {
  troupe::manual_executor loop;
  channel<int> empty(1), full(1);
  CHECK(full.try_send(1));
  started consumer(loop, receive_one(empty));
  started producer(loop, send_all(full, 2, 3));
  loop.run();
  empty.close(), full.close();
  loop.run();
  CHECK(consumer.result() == std::nullopt);
  REQUIRE(producer.ended());
  CHECK_THROWS_AS(producer.result(), troupe::channel_closed);
  CHECK(full.try_next() == 1);
  CHECK(full.try_next() == std::nullopt);
  CHECK_THROWS_AS(troupe::block_on(send_all(full, 4, 5)), troupe::channel_closed);
}

TEST_CASE("a stop request ends a wait in a channel: nothing is sent, nothing is lost") {
  troupe::manual_executor loop;
  channel<int> numbers(1);
  started consumer(loop, receive_one(numbers));
  loop.run();
  consumer.request_stop();
  CHECK(numbers.try_send(1));
  loop.run();
  CHECK_THROWS_AS(consumer.result(), troupe::cancelled_error);

  started producer(loop, send_all(numbers, 2, 3));
  loop.run();
  producer.request_stop();
  loop.run();
  CHECK_THROWS_AS(producer.result(), troupe::cancelled_error);
  CHECK(numbers.try_next() == 1);
  CHECK(numbers.try_next() == std::nullopt);
}

TEST_CASE("a consumer that was handed a value keeps it when a stop request follows") {
  troupe::manual_executor loop;
  channel<int> numbers(1);
  started consumer(loop, receive_one(numbers));
  loop.run();
  CHECK(numbers.try_send(1));
  consumer.request_stop();
  loop.run();
  CHECK(consumer.result() == 1);
}

TEST_CASE("a channel of capacity 0 passes values from hand to hand") {
  troupe::manual_executor loop;
  channel<int> hands(0);
  CHECK_FALSE(hands.try_send(1));
  started producer(loop, send_all(hands, 1, 3));
  loop.run();
  CHECK_FALSE(producer.ended());
  CHECK(hands.try_next() == 1);
  started consumer(loop, receive_one(hands));
  loop.run();
  CHECK(consumer.result() == 2);
  CHECK(producer.ended());
}

TEST_CASE("a channel destroys the values that nobody received") {
  {
    channel<counted> values(3);
    CHECK(values.try_send(counted(1)));
    CHECK(values.try_send(counted(2)));
    CHECK(values.try_next()->value == 1);
  }
  CHECK(counted::live() == 0);
}

TEST_CASE("a pipeline through channels ends cleanly after a stop request at each step") {
  auto body = []() -> troupe::task<void> {
    channel<int> numbers(1);
    troupe::scope scope;
    scope.spawn(send_all(numbers, 0, 5));
    for (int i = 0; i < 5; ++i) co_await numbers.next();
    co_await scope.join();
  };
  int steps = troupe::test::stop_after_each_step(body, [](int) {}, [](bool, bool) {});
  CHECK(steps >= 5);
}

TEST_CASE("many producers and consumers on threads exchange each value once") {
  constexpr long producers = 4, each = 5'000;
  for (std::size_t capacity : {0u, 1u, 16u}) {
    troupe::test::pool pool(3);
    channel<int> numbers(capacity);
    std::atomic<long> sum = 0;
    std::atomic<int> received = 0;
    auto consume = [](channel<int>& from, std::atomic<long>& total, std::atomic<int>& count) -> troupe::task<void> {
      while (auto v = co_await from.next()) total += *v, ++count;
    };
    troupe::scope consuming(pool), producing(pool);
    for (int i = 0; i < 3; ++i) consuming.spawn(consume(numbers, sum, received));
    for (int i = 0; i < producers; ++i) producing.spawn(send_all(numbers, int(i * each), int((i + 1) * each)));
    troupe::block_on(producing.join());
    numbers.close();
    troupe::block_on(consuming.join());
    constexpr long n = producers * each;
    CHECK(received == n);
    CHECK(sum == n * (n - 1) / 2);
  }
}

TEST_CASE("stop requests lose no value of a channel between threads") {
  for (int round = 0; round < 200; ++round) {
    troupe::test::pool pool(2);
    channel<int> numbers(2);
    std::atomic<int> sent = 0, received = 0;
    auto produce = [](channel<int>& to, std::atomic<int>& count) -> troupe::task<void> {
      for (;;) {
        co_await to.send(1);
        ++count;
      }
    };
    auto consume = [](channel<int>& from, std::atomic<int>& count) -> troupe::task<void> {
      for (;;) {
        co_await from.next();
        ++count;
      }
    };
    troupe::scope scope(pool);
    scope.spawn(produce(numbers, sent));
    scope.spawn(produce(numbers, sent));
    scope.spawn(consume(numbers, received));
    while (received < 50) std::this_thread::yield();
    scope.request_stop();
    troupe::block_on(scope.join());
    while (numbers.try_next()) ++received;
    CHECK(sent == received);
  }
}
