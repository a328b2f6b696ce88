#include <troupe/troupe.hpp>

#include <catch2/catch.hpp>

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using troupe::scheduler;
using troupe::task_options;

std::string held(troupe::task_context& context, std::string const& name) {
  auto const& share = context.resource(name);
  return std::to_string(int(share.amount)) + " of " + share.name + ", first " + std::to_string(share.units.at(0));
}
std::string worker_of(troupe::task_context& context) { return context.worker(); }
int attempt(troupe::task_context& context, int fails) {
  if (context.attempt() <= fails) throw std::runtime_error("again");
  return context.attempt();
}
int inc(int x) { return x + 1; }

struct stage {
  explicit stage(troupe::cluster_options const& shape) : cluster(runtime, shape), client(cluster.connect()) {}
  troupe::runtime runtime;
  troupe::local_cluster cluster;
  troupe::client client;
};

}  // namespace

TEST_CASE("options inside of others win where they say something") {
  auto outer = task_options{}.priority(1).retries(2).resource("GPU", 1).resource("MEM", 5).workers(
      troupe::on_workers("a"), true);
  auto inner = task_options{}.priority(3).resource("GPU", 2);
  auto both = outer.with(inner);
  CHECK(both.priority() == 3);
  CHECK(both.retries() == 2);
  CHECK(both.resources() == std::map<std::string, double>{{"GPU", 2}, {"MEM", 5}});
  CHECK(both.workers() == std::vector<std::string>{"a"});
  CHECK(both.allows_other());
  CHECK_FALSE(outer.with(task_options{}.workers(troupe::on_workers("b"))).allows_other());
  CHECK(inner.with(outer).priority() == 1);
}

TEST_CASE("a part of a graph has options of its own, and calls in it more") {
  stage on(troupe::cluster_options{}.workers(1).threads_per_worker(1).resource("GPU", 2));
  troupe::graph g;
  auto gpu = g.with(task_options{}.resource("GPU").retries(1));
  auto one = gpu.call<held>("one", "GPU");
  auto two = gpu.with(task_options{}.resource("GPU", 2)).call<held>("two", "GPU");
  auto patient = gpu.call<attempt>("patient", 1);
  auto hasty = g.call<attempt>("hasty", 1);
  CHECK(on.client.compute(g, one).get() == "1 of GPU, first 0");
  CHECK(on.client.compute(g, two).get() == "2 of GPU, first 0");
  CHECK(on.client.compute(g, patient).get() == 2);
  CHECK_THROWS_AS(on.client.compute(g, hasty).get(), troupe::task_error);
}

TEST_CASE("a local run has what its calls want") {
  auto how = GENERATE(scheduler::sync, scheduler::threads);
  troupe::graph g;
  auto two = g.with(task_options{}.resource("GPU", 2)).call<held>("two", "GPU");
  auto far = g.with(task_options{}.workers(troupe::on_workers("far away"))).call<inc>("far", 1);
  CHECK(troupe::get(g, two, how) == "2 of GPU, first 0");
  CHECK(troupe::get(g, far, how) == 2);
}

TEST_CASE("the options of the client hold where those of the graph say nothing") {
  stage on(troupe::cluster_options{}.workers(2).threads_per_worker(1));
  troupe::graph g;
  std::vector<troupe::graph_node<std::string>> calls;
  for (int i = 0; i < 6; ++i) calls.push_back(g.call<worker_of>());
  auto there = on.client.with(task_options{}.workers(troupe::on_workers("worker-1")));
  for (auto const& f : there.compute(g, calls)) CHECK(f.get() == "worker-1");
  auto elsewhere = g.with(task_options{}.workers(troupe::on_workers("worker-0"))).call<worker_of>("w");
  CHECK(there.compute(g, elsewhere).get() == "worker-0");
}

TEST_CASE("equal calls with equal options are one node, wherever these were said") {
  troupe::graph g;
  auto options = task_options{}.retries(1).resource("GPU", 2).workers(troupe::on_workers("a"));
  auto first = g.with(options).call<inc>("k", 1);
  CHECK(g.with(task_options{}.retries(1)).with(options).call<inc>("k", 1) == first);
  CHECK(g.size() == 1);
  for (auto const& other :
       {task_options{options}.retries(2), task_options{options}.priority(1), task_options{options}.resource("GPU", 1),
        task_options{options}.pure(), task_options{options}.workers(troupe::on_workers("a"), true)})
    CHECK_THROWS_WITH(g.with(other).call<inc>("k", 1), Catch::Contains("with other arguments or options"));
  CHECK_THROWS_AS((g.call<inc>("k", 1)), troupe::error);
  auto plain = g.call<inc>("plain", 1);
  CHECK(g.with(task_options{}).call<inc>("plain", 1) == plain);
}

TEST_CASE("options are equal where they run after the same tasks") {
  stage on(troupe::cluster_options{}.workers(1).threads_per_worker(1));
  auto a = on.client.submit<inc>(1), b = on.client.submit<inc>(2);
  CHECK(task_options{}.after(a) == task_options{}.after(a));
  CHECK_FALSE(task_options{}.after(a) == task_options{}.after(b));
  CHECK_FALSE(task_options{}.after(a, b) == task_options{}.after(b, a));
  CHECK_FALSE(task_options{}.after(a) == task_options{});
}

TEST_CASE("a client with a key computes no graph") {
  stage on(troupe::cluster_options{}.workers(1).threads_per_worker(1));
  troupe::graph g;
  auto keyed = on.client.with(task_options{}.key("k"));
  CHECK_THROWS_WITH(keyed.compute(g, g.call<inc>("a", 1)), Catch::Contains("'k'"));
}

TEST_CASE("pure calls of a graph are one task") {
  stage on(troupe::cluster_options{}.workers(1).threads_per_worker(1));
  troupe::graph g;
  auto pure = g.with(task_options{}.pure());
  auto [a, b] = on.client.compute(g, pure.call<inc>(1), pure.call<inc>(1));
  CHECK(a.key() == b.key());
  CHECK(a.get() == 2);
}
