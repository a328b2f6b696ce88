#include "support/stage.hpp"

#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <vector>

/// Data that moves because workers are uneven, or leave.
namespace {

using troupe::block_on;
using troupe::broadcast;
using troupe::future;
using troupe::on_workers;
using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::opened_at_end;
using troupe::test::stage;
using names = std::vector<std::string>;
using numbers = std::vector<double>;

int pass(gate_ref g) {
  (*g)->pass();
  return 1;
}
int inc(int x) { return x + 1; }
int use(gate_ref g, numbers const& xs) {
  (*g)->pass();
  return int(xs.size());
}

std::map<std::string, std::uint64_t> bytes_by_worker(troupe::client const& client) {
  std::map<std::string, std::uint64_t> sums;
  for (auto const& [worker, held] : client.has_what().get())
    for (auto const& one : held) sums[worker] += one.nbytes;
  return sums;
}

std::vector<future<numbers>> pile_on(troupe::client const& client, std::string const& worker, std::size_t count) {
  return block_on(client.scatter_each(std::vector<numbers>(count, numbers(1000, 1.0)), on_workers(worker)));
}

}  // namespace

TEST_CASE("rebalance moves results until the workers store about the same, and they stay readable") {
  stage on(4);
  auto data = pile_on(on.client, "worker-0", 40);
  on.client.rebalance().get();
  for (auto const& [worker, bytes] : bytes_by_worker(on.client)) CHECK(bytes == 80'000);
  CHECK(on.client.cluster_info().get().stored_bytes == 320'000);
  for (auto const& f : data) CHECK(f.get() == numbers(1000, 1.0));
}

TEST_CASE("rebalance of some results leaves the others where they are") {
  stage on(2);
  auto stay = pile_on(on.client, "worker-0", 10);
  auto move = pile_on(on.client, "worker-0", 10);
  on.client.rebalance(move).get();
  for (auto const& found : on.client.who_has(stay).get()) CHECK(found.workers == names{"worker-0"});
  for (auto const& found : on.client.who_has(move).get()) CHECK(found.workers == names{"worker-1"});
  on.client.rebalance(std::vector<future<numbers>>()).get();
}

TEST_CASE("rebalance of what is even, of nothing, and of one result too large to move does nothing") {
  stage on(2);
  on.client.rebalance().get();
  auto large = block_on(on.client.scatter(numbers(1000), on_workers("worker-0")));
  on.client.rebalance().get();
  CHECK(on.client.who_has(large).get().workers == names{"worker-0"});
}

TEST_CASE("rebalance leaves alone what a running task uses") {
  gate g;
  stage on(2);
  opened_at_end at_end(g);
  auto data = pile_on(on.client, "worker-0", 2);
  auto used = on.client.submit<use>(&g, data[0]);
  auto also = on.client.submit<use>(&g, data[1]);
  g.wait_for(2);
  on.client.rebalance().get();
  for (auto const& found : on.client.who_has(data).get()) CHECK_FALSE(found.workers.empty());
  g.open();
  CHECK(used.get() == 1000);
  CHECK(also.get() == 1000);
}

TEST_CASE("a large result that was moved is still found by those who have not read it") {
  stage on(2);
  std::vector<future<numbers>> data;
  for (int i = 0; i < 4; ++i) {
    data.push_back(
        on.client.with(troupe::task_options{}.key("n" + std::to_string(i))).submit([] { return numbers(5000, 2.0); }));
    troupe::test::until_done(data.back());
  }
  on.client.replicate(data, on_workers("worker-0")).get();
  on.client.retire_workers(on_workers("worker-1")).get();
  for (auto const& f : data) CHECK(f.get() == numbers(5000, 2.0));
}

TEST_CASE("a worker that is retired leaves its data to others") {
  stage on(3);
  auto data = pile_on(on.client, "worker-1", 100);
  auto everywhere = block_on(on.client.scatter(7, broadcast));
  on.client.retire_workers(on_workers("worker-1")).get();
  CHECK(on.client.cluster_info().get().workers.size() == 2);
  for (auto const& found : on.client.who_has(data).get()) {
    REQUIRE(found.workers.size() == 1);
    CHECK(found.workers.front() != "worker-1");
  }
  CHECK(on.client.who_has(everywhere).get().workers == names{"worker-0", "worker-2"});
  auto sums = bytes_by_worker(on.client);
  CHECK(sums["worker-0"] == sums["worker-2"]);
  for (auto const& f : data) CHECK(f.get().size() == 1000);
  CHECK(on.client.submit<inc>(1).get() == 2);
  CHECK(block_on(on.client.run<inc>(1)).size() == 2);
}

TEST_CASE("a worker that is retired ends what it runs first, and its results are kept") {
  gate g;
  stage on(2);
  opened_at_end at_end(g);
  auto running = on.client.map<pass>(std::vector<gate_ref>{&g, &g});
  g.wait_for(2);
  auto retired = on.client.retire_workers(on_workers("worker-0"));
  auto next = on.client.submit<inc>(1);
  CHECK_FALSE(retired.done());
  g.open();
  retired.get();
  for (auto const& f : running) CHECK(f.get() == 1);
  for (auto const& found : on.client.who_has(running).get()) CHECK(found.workers == names{"worker-1"});
  CHECK(next.get() == 2);
}

TEST_CASE("workers stay when nobody could take over what they hold") {
  stage on(2);
  auto data = block_on(on.client.scatter(numbers(10), broadcast));
  CHECK_THROWS_WITH(on.client.retire_workers(on_workers("worker-0", "worker-1")).get(),
                    "no worker stays that could take over what the others hold");
  CHECK(on.client.cluster_info().get().workers.size() == 2);
  CHECK(on.client.submit<inc>(1).get() == 2);
  CHECK(data.get() == numbers(10));
}

TEST_CASE("all workers can be retired that hold nothing") {
  stage on(2);
  on.client.retire_workers(on_workers("worker-0", "worker-1")).get();
  CHECK(on.client.cluster_info().get().workers.empty());
}

TEST_CASE("giving up a retirement lets the worker stay") {
  gate g;
  stage on;
  opened_at_end at_end(g);
  auto running = on.client.submit<pass>(&g);
  g.wait_for(1);
  auto retired = on.client.retire_workers(on_workers("worker-0"));
  retired.cancel();
  g.open();
  running.get();
  CHECK(on.client.submit<inc>(1).get() == 2);
}

TEST_CASE("retiring nobody, or a worker that is not there, is an error") {
  stage on;
  CHECK_THROWS_AS(on.client.retire_workers(on_workers(names{})), troupe::error);
  CHECK_THROWS_WITH(on.client.retire_workers(on_workers("nobody")).get(), "there is no worker named 'nobody'");
}
