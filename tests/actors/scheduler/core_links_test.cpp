#include "core_fixture.hpp"

#include <string>

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t megabyte = 1'000'000;

/// Workers with one thread each, one of which has made a value and is busy with something that is known to take a
/// while: what takes the value may wait for it there, or have the value moved.
class value_on_busy_worker : public core_fixture {
 public:
  explicit value_on_busy_worker(std::vector<std::string> const& addresses) {
    client = add_client();
    for (auto const& address : addresses) workers.push_back(add_worker_at(address));
  }

  /// The first worker makes the value and has work for `busy`.
  void make(std::uint64_t nbytes, duration busy) {
    submit(client, {task(0)});
    auto made = only<compute>();
    REQUIRE(made.worker == workers[0]);
    done(made, nbytes);
    auto long_one = task(1);
    long_one.function = {1};
    submit(client, {long_one});
    auto first = only<compute>();
    REQUIRE(first.worker == workers[0]);
    done(first, 8, busy);
    long_one.ref = {2, 1};
    long_one.payload = {1002};
    submit(client, {long_one});
    REQUIRE(only<compute>().worker == workers[0]);
  }
  /// Where a task goes that takes the value.
  worker_id place() {
    submit(client, {task(next, {0})});
    auto placed = only<compute>();
    ++next;
    done(placed);
    return placed.worker;
  }
  void measured(worker_id to, worker_id from, std::uint64_t nbytes, duration took) {
    for (int i = 0; i < 40; ++i) transferred(to, from, nbytes, took);
  }

  client_id client;
  std::vector<worker_id> workers;
  std::uint32_t next = 10;
};

}  // namespace

TEST_CASE("where a task goes depends on how long moving its inputs was measured to take") {
  value_on_busy_worker f({"tcp://a:1", "tcp://b:1"});
  // 50 µs and 10 ms by what is thought at first.
  f.make(10 * megabyte, 50ms);
  CHECK(f.place() == f.workers[1]);
  SECTION("slow bytes") { f.measured(f.workers[1], f.workers[0], 10 * megabyte, 1s); }
  SECTION("a long way") { f.measured(f.workers[1], f.workers[0], 10, 200ms); }
  SECTION("both") {
    f.measured(f.workers[1], f.workers[0], 10, 30ms);
    f.measured(f.workers[1], f.workers[0], 10 * megabyte, 80ms);
  }
  CHECK(f.place() == f.workers[0]);
}

TEST_CASE("links that turn out to be fast let large values move") {
  value_on_busy_worker f({"", ""});
  f.make(1000 * megabyte, 50ms);
  CHECK(f.place() == f.workers[0]);
  f.measured(f.workers[1], f.workers[0], 1000 * megabyte, 20us);
  CHECK(f.place() == f.workers[1]);
}

TEST_CASE("a single odd measurement changes little") {
  value_on_busy_worker f({"tcp://a:1", "tcp://b:1"});
  f.make(10 * megabyte, 50ms);
  f.transferred(f.workers[1], f.workers[0], 10 * megabyte, std::chrono::hours(1));
  f.transferred(f.workers[1], f.workers[0], 1, std::chrono::hours(1));
  CHECK(f.place() == f.workers[1]);
  f.transferred(f.workers[1], f.workers[0], 10 * megabyte, -1s);
  f.transferred(f.workers[1], f.workers[1], 10 * megabyte, 1s);
  f.transferred(f.workers[1], worker_id{77}, 10 * megabyte, 1ns);
  CHECK(f.place() == f.workers[1]);
}

TEST_CASE("a worker of the host where a value lies is nearer than one of another host") {
  SECTION("as long as nothing was measured") {
    value_on_busy_worker f({"tcp://a:1", "tcp://b:1", "tcp://a:2"});
    f.make(10 * megabyte, 1s);
    CHECK(f.place() == f.workers[2]);
  }
  SECTION("as measured") {
    value_on_busy_worker f({"tcp://[::1]:1", "tcp://b:1", "tcp://[::1]:2"});
    f.make(10 * megabyte, 1s);
    f.measured(f.workers[2], f.workers[0], 10 * megabyte, 1ms);
    // What its own host gives it tells nothing of what others would.
    f.measured(f.workers[1], f.workers[2], 10 * megabyte, 10ms);
    CHECK(f.place() == f.workers[2]);
  }
  SECTION("unless it was measured to be dearer") {
    value_on_busy_worker f({"tcp://a:1", "tcp://b:1", "tcp://a:2"});
    f.make(10 * megabyte, 1s);
    f.measured(f.workers[2], f.workers[0], 10 * megabyte, 500ms);
    CHECK(f.place() == f.workers[1]);
  }
}

TEST_CASE("a host is forgotten with the last of its workers") {
  core_fixture f;
  auto one = f.add_worker_at("tcp://a:1");
  auto two = f.add_worker_at("tcp://a:2");
  f.remove_worker(one);
  f.remove_worker(two);
  f.add_worker_at("tcp://a:3");
}

TEST_CASE("one that sends slowly is dear to all and makes nobody else so") {
  core_fixture f;
  auto client = f.add_client();
  std::vector<worker_id> workers;
  for (auto const* host : {"tcp://slow:1", "tcp://b:1", "tcp://c:1", "tcp://d:1"})
    workers.push_back(f.add_worker_at(host));
  for (int i = 0; i < 40; ++i) {
    for (auto to : {1U, 2U, 3U}) {
      f.transferred(workers[to], workers[0], 10 * megabyte, 1s);
      for (auto from : {1U, 2U, 3U})
        if (from != to) f.transferred(workers[to], workers[from], 10 * megabyte, 10ms);
    }
  }
  // Each makes a value, then all are busy but the last, which has none of them.
  auto value = [&](std::uint32_t index) {
    auto t = f.task(index);
    t.only_on = {"tcp://slow:1"};
    if (index == 1) t.only_on = {"tcp://b:1"};
    return t;
  };
  f.submit(client, {value(0), value(1)});
  auto made = f.all<compute>();
  REQUIRE(made.size() == 2);
  for (auto const& run : made) f.done(run, 10 * megabyte);
  auto busy = f.task(2);
  busy.function = {1};
  busy.only_on = {"tcp://c:1"};
  f.submit(client, {busy});
  f.done(f.only<compute>(), 8, 200ms);
  for (std::uint32_t i = 0; i < 3; ++i) {
    busy.ref = {3 + i, 1};
    busy.payload = {1003 + i};
    busy.only_on = {i == 0 ? "tcp://slow:1" : i == 1 ? "tcp://b:1" : "tcp://c:1"};
    f.submit(client, {busy});
  }
  f.submit(client, {f.task(10, {0})});
  CHECK(f.only<compute>().worker == workers[0]);
  f.submit(client, {f.task(11, {1})});
  CHECK(f.only<compute>().worker == workers[3]);
}

TEST_CASE("what is more than a worker keeps in memory counts like the time to write it to a disk") {
  core_fixture f;
  auto client = f.add_client();
  auto small = f.add_worker_at("tcp://a:1", 100 * megabyte);
  auto large = f.add_worker_at("tcp://b:1", 10'000 * megabyte);
  f.submit(client, {f.task(0)});
  auto first = f.only<compute>();
  REQUIRE(first.worker == small);
  SECTION("nothing else goes there while others have room") {
    f.done(first, 61 * megabyte, 1ms);
    f.submit(client, {f.task(1)});
    CHECK(f.only<compute>().worker == large);
    f.submit(client, {f.task(2)});
    CHECK(f.only<compute>().worker == large);
  }
  SECTION("what it frees lets tasks in again") {
    f.done(first, 61 * megabyte, 1ms);
    f.release(client, {0});
    f.submit(client, {f.task(1)});
    CHECK(f.only<compute>().worker == small);
  }
  SECTION("what is below the target costs nothing") {
    f.done(first, 59 * megabyte, 1ms);
    auto without_result = f.task(1);
    without_result.function = {1};
    f.submit(client, {without_result});
    CHECK(f.only<compute>().worker == small);
  }
  SECTION("it takes what can go nowhere else") {
    f.done(first, 99 * megabyte, 1ms);
    f.remove_worker(large);
    f.submit(client, {f.task(1)});
    CHECK(f.only<compute>().worker == small);
  }
}

TEST_CASE("a value that would not fit beside what a worker holds draws its reader to itself") {
  core_fixture f;
  auto client = f.add_client();
  auto small = f.add_worker_at("tcp://a:1", 100 * megabyte);
  auto large = f.add_worker_at("tcp://a:2", 10'000 * megabyte);
  f.submit(client, {f.task(0)});
  f.done(f.only<compute>(), 50 * megabyte, 1ms);
  auto other = f.task(1);
  other.only_on = {"tcp://a:2"};
  f.submit(client, {other});
  auto made = f.only<compute>();
  REQUIRE(made.worker == large);
  f.done(made, 49 * megabyte, 1ms);
  auto reader = f.task(2, {0, 1});
  reader.function = {1};
  f.submit(client, {reader});
  CHECK(f.only<compute>().worker == large);
  static_cast<void>(small);
}
