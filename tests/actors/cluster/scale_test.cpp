#include "../client/support/stage.hpp"

#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

/// Local clusters whose workers are threads, and become more and fewer.
namespace {

using namespace std::chrono_literals;
using troupe::adapt_options;
using troupe::block_on;
using troupe::cluster_options;
using troupe::future;
using troupe::on_workers;
using troupe::test::eventually;
using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::opened_at_end;
using names = std::vector<std::string>;
using numbers = std::vector<double>;

int inc(int x) { return x + 1; }
int pass(gate_ref g) {
  (*g)->pass();
  return 1;
}
std::string own_worker(troupe::task_context& context) { return context.worker(); }

struct stage {
  explicit stage(std::uint32_t workers = 1)
      : cluster(in, cluster_options{}.workers(workers).threads_per_worker(1).memory_limit(1'000'000'000)),
        client(cluster.connect()) {}

  void scale(int workers) {
    cluster.scale(workers);
    cluster.settled().get();
  }
  [[nodiscard]] names workers() const {
    names found;
    for (auto const& w : client.cluster_info().get().workers) found.push_back(w.name);
    std::sort(found.begin(), found.end());
    return found;
  }
  void until_workers(std::size_t count) const {
    eventually([&] { return workers().size() == count; });
  }
  future<numbers> put(std::size_t count, std::string const& worker) {
    return block_on(client.scatter(numbers(count, 1.5), on_workers(worker)));
  }

  troupe::runtime in;
  troupe::local_cluster cluster;
  troupe::client client;
};

/// So readily that a test need not wait.
adapt_options eager() { return adapt_options{}.interval(1ms).wait_count(2); }

}  // namespace

TEST_CASE("a cluster is scaled up, and what was there works on") {
  stage on;
  auto before = on.client.submit<inc>(1);
  on.cluster.scale(3);
  on.client.wait_for_workers(3).get();
  on.cluster.settled().get();
  CHECK(on.workers() == names{"worker-0", "worker-1", "worker-2"});
  CHECK(on.cluster.info().workers.size() == 3);
  CHECK(to_string(on.cluster) == "3 workers, 3 threads, 3.0 GB");
  CHECK(before.get() == 2);
  CHECK(block_on(on.client.run<own_worker>()).size() == 3);
}

TEST_CASE("a cluster is scaled down, and its results move to those that stay") {
  stage on(3);
  auto first = on.put(10, "worker-0"), second = on.put(20, "worker-1"), third = on.put(30, "worker-2");
  on.scale(1);
  // Who holds least goes first.
  CHECK(on.workers() == names{"worker-2"});
  CHECK(on.cluster.info().workers.size() == 1);
  CHECK(first.get() == numbers(10, 1.5));
  CHECK(second.get() == numbers(20, 1.5));
  CHECK(third.get() == numbers(30, 1.5));
  CHECK(on.client.submit<inc>(1).get() == 2);
}

TEST_CASE("names are not used again") {
  stage on(2);
  on.scale(1);
  on.scale(2);
  CHECK(on.workers() == names{"worker-0", "worker-2"});
}

TEST_CASE("tasks wait in a cluster without workers, explain says so, and they run when some come") {
  stage on(2);
  on.scale(0);
  CHECK(on.workers().empty());
  auto f = on.client.submit<inc>(1);
  auto next = on.client.submit<inc>(f);
  CHECK(on.client.explain(f).get() == "it waits for workers: there is none");
  CHECK_FALSE(f.done());
  on.scale(1);
  CHECK(next.get() == 3);
}

TEST_CASE("what a worker runs ends before it leaves") {
  gate g;
  stage on(2);
  opened_at_end at_end(g);
  auto running = on.client.map<pass>(std::vector<gate_ref>{&g, &g});
  g.wait_for(2);
  on.cluster.scale(1);
  auto settled = on.cluster.settled();
  auto next = on.client.submit<inc>(1);
  CHECK_FALSE(settled.done());
  g.open();
  settled.get();
  for (auto const& f : running) CHECK(f.get() == 1);
  CHECK(next.get() == 2);
  CHECK(on.workers().size() == 1);
}

TEST_CASE("workers stay where nobody could take over their results, and settled says why") {
  stage on(2);
  auto data = on.put(10, "worker-1");
  on.cluster.scale(0);
  CHECK_THROWS_WITH(on.cluster.settled().get(),
                    Catch::Contains("was to have 0 workers and has 2") &&
                        Catch::Contains("no worker stays that could take over what the others hold"));
  CHECK(on.workers().size() == 2);
  CHECK(data.get() == numbers(10, 1.5));
  on.scale(1);
  CHECK(on.workers() == names{"worker-1"});
}

TEST_CASE("of two numbers the later holds, whatever became of the earlier") {
  stage on;
  for (int i = 0; i < 10; ++i) {
    on.cluster.scale(5);
    on.cluster.scale(2);
    on.cluster.settled().get();
    CHECK(on.workers().size() == 2);
    on.cluster.scale(0);
    on.cluster.scale(3);
    on.cluster.settled().get();
    CHECK(on.workers().size() == 3);
  }
}

TEST_CASE("tasks come to no harm while a cluster becomes larger and smaller") {
  stage on(2);
  std::vector<future<int>> futures;
  for (int round = 0; round < 10; ++round) {
    on.cluster.scale(1 + round % 3);
    for (int i = 0; i < 100; ++i) {
      auto f = on.client.submit<inc>(i);
      futures.push_back(on.client.submit<inc>(f));
    }
  }
  for (std::size_t i = 0; i < futures.size(); ++i) CHECK(futures[i].get() == int(i % 100) + 2);
  on.scale(1);
  CHECK(on.workers().size() == 1);
}

TEST_CASE("a worker that was retired by a client is missed by nobody, and scale begins another") {
  stage on(2);
  on.client.retire_workers(on_workers("worker-0")).get();
  on.scale(2);
  CHECK(on.workers() == names{"worker-1", "worker-2"});
  on.client.retire_workers(on_workers("worker-1")).get();
  on.scale(2);
  CHECK(on.workers() == names{"worker-2", "worker-3"});
}

TEST_CASE("callbacks go on when the first worker has left") {
  gate called;
  stage on;
  auto f = on.client.submit<inc>(1);
  on.scale(2);
  on.client.retire_workers(on_workers("worker-0")).get();
  on.scale(1);
  future<int> late = on.client.submit<inc>(2);
  late.on_done([&](future<int> const&) { called.arrive(); });
  called.wait_for(1);
  CHECK(f.get() == 2);
}

TEST_CASE("a task in a worker that came later cannot close its cluster") {
  stage on;
  on.scale(2);
  on.client.retire_workers(on_workers("worker-0")).get();
  auto closes = on.client.submit([](troupe::local<troupe::local_cluster*> own) { (*own)->close(); }, &on.cluster);
  CHECK_THROWS_WITH(closes.get(), Catch::Contains("would_deadlock"));
}

TEST_CASE("a number of workers that cannot be is refused") {
  stage on;
  CHECK_THROWS_WITH(on.cluster.scale(-1), Catch::Contains("scale(-1)"));
  CHECK_THROWS_WITH(on.cluster.scale(std::int64_t{1} << 40), Catch::Contains("scale(1099511627776)"));
  CHECK_THROWS_WITH(on.cluster.adapt(5, 2), Catch::Contains("minimum(5) and maximum(2)"));
  CHECK_THROWS_WITH(on.client.adaptive_target(0s).get(), Catch::Contains("target_duration"));
  on.cluster.settled().get();
  CHECK(on.workers().size() == 1);
}

TEST_CASE("a cluster closes in the midst of scaling") {
  for (int i = 0; i < 20; ++i) {
    stage on(1 + std::uint32_t(i) % 3);
    on.cluster.scale(i % 4);
    if (i % 2) on.cluster.adapt(0, 2);
  }
}

TEST_CASE("a closed cluster is not scaled, and who waits for it hears that it is closed") {
  gate g;
  stage on(2);
  auto running = on.client.map<pass>(std::vector<gate_ref>{&g, &g});
  g.wait_for(2);
  on.cluster.scale(0);
  auto settled = on.cluster.settled();
  std::jthread closing([&] { on.cluster.close(); });
  CHECK_THROWS_AS(settled.get(), troupe::client_closed);
  g.open();
  closing.join();
  CHECK_THROWS_AS(on.cluster.scale(1), troupe::client_closed);
  CHECK_THROWS_AS(on.cluster.adapt(0, 1), troupe::client_closed);
  CHECK_THROWS_AS(on.cluster.stop_adapting(), troupe::client_closed);
  CHECK_THROWS_AS(on.cluster.settled(), troupe::client_closed);
}

TEST_CASE("a scheduler that is shut down ends scaling with it") {
  stage on;
  on.scale(2);
  on.cluster.adapt(eager().maximum(3));
  on.client.shutdown().get();
  on.cluster.close();
}

TEST_CASE("a cluster that adapts has no worker while it has no work, and has one when a task comes") {
  stage on(2);
  on.cluster.adapt(eager().maximum(2));
  for (int i = 0; i < 3; ++i) {
    on.until_workers(0);
    auto f = on.client.submit<inc>(i);
    CHECK(f.get() == i + 1);
    f = {};
  }
}

TEST_CASE("a cluster that adapts becomes as large as its work asks for, and the minimum again") {
  gate g;
  stage on;
  opened_at_end at_end(g);
  auto running = on.client.map<pass>(std::vector<gate_ref>(6, &g));
  // All tasks at once: a worker each.
  CHECK(on.client.adaptive_target(1ms).get() == 6);
  on.cluster.adapt(eager().minimum(1).maximum(4).target_duration(1ms));
  g.wait_for(4);
  on.client.wait_for_workers(4).get();
  g.open();
  for (auto const& f : running) CHECK(f.get() == 1);
  on.until_workers(1);
  CHECK(on.client.adaptive_target().get() == 1);
}

TEST_CASE("results keep the last worker of a cluster that adapts") {
  stage on(3);
  auto data = on.put(10, "worker-1");
  on.cluster.adapt(eager());
  on.until_workers(1);
  CHECK(on.workers() == names{"worker-1"});
  CHECK(data.get() == numbers(10, 1.5));
  data = {};
  on.until_workers(0);
}

TEST_CASE("what waits for a worker without being a task brings one") {
  stage on;
  on.cluster.adapt(eager().maximum(1));
  on.until_workers(0);
  auto data = block_on(on.client.scatter(numbers(10, 2.5)));
  CHECK(data.get() == numbers(10, 2.5));
  data = {};
  on.until_workers(0);
  on.client.wait_for_workers(1).get();
}

TEST_CASE("who gives up waiting for a worker wants none any more") {
  stage on;
  on.scale(0);
  CHECK(on.client.adaptive_target().get() == 0);
  auto first = on.client.wait_for_workers(1), second = on.client.wait_for_workers(1);
  eventually([&] { return on.client.adaptive_target().get() == 1; });
  first.cancel();
  eventually([&] { return first.done(); });
  CHECK(on.client.adaptive_target().get() == 1);
  second.cancel();
  eventually([&] { return on.client.adaptive_target().get() == 0; });
  CHECK_THROWS_AS(on.client.wait_for_workers(1, 1ms).get(), troupe::timeout_error);
  eventually([&] { return on.client.adaptive_target().get() == 0; });
}

TEST_CASE("a busy worker leaves when there are more than the maximum, once its task has ended") {
  gate g;
  stage on(3);
  opened_at_end at_end(g);
  auto running = on.client.map<pass>(std::vector<gate_ref>(3, &g));
  g.wait_for(3);
  on.cluster.adapt(eager().maximum(1));
  // Two of them are about to leave.
  eventually([&] { return on.client.adaptive_target(1h).get() == 1; });
  g.open();
  for (auto const& f : running) CHECK(f.get() == 1);
  on.until_workers(1);
}

TEST_CASE("adapting ends with stop_adapting and with scale") {
  stage on(2);
  on.cluster.adapt(eager().minimum(2));
  on.cluster.adapt(eager().minimum(1).maximum(1));
  on.until_workers(1);
  on.cluster.stop_adapting();
  on.cluster.settled().get();
  on.scale(3);
  CHECK(on.workers().size() == 3);
  on.cluster.adapt(eager());
  on.until_workers(0);
  on.scale(2);
  on.client.submit<inc>(1).get();
  CHECK(on.workers().size() == 2);
}
