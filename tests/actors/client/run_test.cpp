#include "../cluster/support/captured.hpp"
#include "support/stage.hpp"

#include <troupe/actors/worker/log.hpp>
#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

/// Functions that are called once on each worker.
namespace {

using troupe::block_on;
using troupe::on_error;
using troupe::on_workers;
using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::opened_at_end;
using troupe::test::stage;
using names = std::vector<std::string>;
using replies = std::map<std::string, int>;

int threads_of(troupe::worker_context& worker) { return int(worker.threads()); }
int add(int a, int b) { return a + b; }
void nothing() {}
int pass(gate_ref g) {
  (*g)->pass();
  return 1;
}
int fails_on(troupe::worker_context& worker, std::string const& name) {
  if (worker.name() == name) throw std::runtime_error("not here");
  return 1;
}
void fails_quietly_on(troupe::worker_context& worker, std::string const& name) { fails_on(worker, name); }
troupe::task<int> later(troupe::task_context& context) {
  auto client = context.client();
  auto sum = client.submit<add>(1, 2);
  co_return co_await std::move(sum);
}
void say(troupe::task_context&, std::string const& what) { troupe::log("{}", what); }
std::size_t length(std::string const& text) { return text.size(); }

std::size_t count(std::string const& text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}
std::vector<double> many() { return std::vector<double>(10'000, 1.5); }

}  // namespace

TEST_CASE("run gives the result of each worker under its name") {
  stage on(3, 2);
  CHECK(block_on(on.client.run<threads_of>()) == replies{{"worker-0", 2}, {"worker-1", 2}, {"worker-2", 2}});
  CHECK(block_on(on.client.run<add>(1, 2)) == replies{{"worker-0", 3}, {"worker-1", 3}, {"worker-2", 3}});
  CHECK(block_on(on.client.run([](int x) { return x; }, 4)).size() == 3);
}

TEST_CASE("run on named workers") {
  stage on(3);
  CHECK(block_on(on.client.run<add>(on_workers("worker-2"), 1, 2)) == replies{{"worker-2", 3}});
}

TEST_CASE("a void function that is run gives the names of the workers") {
  stage on(2);
  // In the order in which they joined.
  auto done = block_on(on.client.run<nothing>());
  std::sort(done.begin(), done.end());
  CHECK(done == names{"worker-0", "worker-1"});
}

TEST_CASE("a coroutine is run, and may submit to its cluster") {
  stage on(2);
  CHECK(block_on(on.client.run<later>()) == replies{{"worker-0", 3}, {"worker-1", 3}});
}

TEST_CASE("large results of a run are fetched") {
  stage on(2);
  auto results = block_on(on.client.run<many>());
  CHECK(results.at("worker-1") == many());
}

TEST_CASE("run takes futures for their values") {
  stage on(2);
  auto one = on.client.submit<add>(0, 1);
  CHECK(block_on(on.client.run<add>(one, 2)) == replies{{"worker-0", 3}, {"worker-1", 3}});
}

TEST_CASE("run does not wait for busy threads") {
  gate g;
  stage on(2);
  opened_at_end at_end(g);
  auto busy = on.client.map<pass>(std::vector<gate_ref>{&g, &g});
  g.wait_for(2);
  CHECK(block_on(on.client.run<add>(1, 2)).size() == 2);
  g.open();
}

TEST_CASE("a failure of a run is raised, or the workers that failed are left out") {
  stage on(3);
  try {
    block_on(on.client.run<fails_on>("worker-1"));
    FAIL("no exception");
  } catch (troupe::task_error const& e) {
    CHECK(e.message() == "not here");
    CHECK(e.worker() == "worker-1");
  }
  CHECK(block_on(on.client.run<fails_on>(on_error::skip, "worker-1")) == replies{{"worker-0", 1}, {"worker-2", 1}});
  CHECK(block_on(on.client.run<fails_quietly_on>(on_error::skip, "worker-1")) == names{"worker-0", "worker-2"});
  CHECK(block_on(on.client.run<fails_on>(on_workers("worker-1"), on_error::skip, "worker-1")).empty());
  CHECK_THROWS_AS(block_on(on.client.run<fails_quietly_on>("worker-1")), troupe::task_error);
}

TEST_CASE("a client's key does not make one task of what is run on many workers") {
  stage on(2);
  CHECK(block_on(on.client.with(troupe::task_options{}.key("same")).run<add>(1, 2)).size() == 2);
}

TEST_CASE("stopping a run that waits ends the wait") {
  gate g;
  stage on(2);
  opened_at_end at_end(g);
  std::stop_source stop;
  std::thread stopper([&] {
    g.wait_for(2);
    stop.request_stop();
  });
  CHECK_THROWS_AS(block_on(on.client.run<pass>(gate_ref(&g)), stop.get_token()), troupe::cancelled_error);
  stopper.join();
  g.open();
}

TEST_CASE("run through a closed client fails with client_closed") {
  stage on;
  on.client.close();
  CHECK_THROWS_AS(block_on(on.client.run<nothing>()), troupe::client_closed);
}

TEST_CASE("waiting for workers ends when they are there, or when the time is up") {
  using namespace std::chrono_literals;
  stage on(2);
  on.client.wait_for_workers(2).get();
  on.client.wait_for_workers(1, 1h).get();
  CHECK_THROWS_AS(on.client.wait_for_workers(3, 1ms).get(), troupe::timeout_error);
  auto waiting = on.client.wait_for_workers(3);
  waiting.cancel();
  CHECK(waiting.cancelled());
}

TEST_CASE("the logs of the workers show what their own tasks wrote") {
  stage on(2);
  auto written = troupe::test::captured(2, [&] {
    static_cast<void>(block_on(on.client.run<say>(on_workers("worker-0"), "from zero")));
    static_cast<void>(block_on(on.client.run<say>(on_workers("worker-1"), "from one")));
  });
  CHECK(count(written, "from zero") == 1);
  auto logs = block_on(on.client.logs());
  REQUIRE(logs.size() == 2);
  REQUIRE_FALSE(logs["worker-0"].empty());
  CHECK_THAT(logs["worker-0"].back(), Catch::EndsWith("worker-0] from zero"));
  CHECK_THAT(logs["worker-1"].back(), Catch::EndsWith("worker-1] from one"));
  CHECK(block_on(on.client.logs(on_workers("worker-1"))).size() == 1);
}

TEST_CASE("a log keeps its last lines only") {
  stage on;
  static_cast<void>(troupe::test::captured(2, [&] {
    for (int i = 0; i < 1100; ++i) troupe::log("line {}", i);
  }));
  auto lines = block_on(on.client.logs())["worker-0"];
  CHECK(lines.size() <= 1000);
  CHECK_THAT(lines.back(), Catch::EndsWith("line 1099"));
}

TEST_CASE("large arguments of many calls are spoken of once") {
  stage on;
  auto written = troupe::test::captured(2, [&] {
    std::string const large(1'000'001, 'x'), small(990'000, 'x');
    for (int i = 0; i < 30; ++i) CHECK(on.client.submit<length>(small).get() == small.size());
    for (int i = 0; i < 10; ++i) CHECK(on.client.submit<length>(large).get() == large.size());
    troupe::log("until here");
    for (int i = 0; i < 15; ++i) CHECK(on.client.submit<length>(large).get() == large.size());
  });
  CHECK(count(written, "length was called 11 times") == 1);
  CHECK(written.find("until here") < written.find("client.scatter"));
}

TEST_CASE("a cluster that a client shuts down ends for all clients") {
  gate g;
  stage on(2);
  opened_at_end at_end(g);
  auto other = on.cluster.connect();
  auto pending = other.submit<pass>(&g);
  g.wait_for(1);
  on.client.shutdown().get();
  troupe::test::until_done(pending);
  CHECK_THROWS_AS(pending.get(), troupe::client_closed);
  CHECK_THROWS_AS(on.client.submit<add>(1, 2).get(), troupe::client_closed);
  g.open();
}
