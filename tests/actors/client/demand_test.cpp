#include "support/stage.hpp"

#include <troupe/actors/worker/task_context.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

/// What tasks ask of the worker that runs them.
namespace {

using troupe::cluster_options;
using troupe::on_workers;
using troupe::task_context;
using troupe::task_options;
using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::opened_at_end;
using troupe::test::stage;

std::vector<std::uint32_t> use(task_context& context, gate_ref at) {
  static_cast<void>((*at)->pass(context.stop_token()));
  return context.resource("GPU").units;
}
double share(task_context& context) { return context.resource("MEM").amount; }
std::string where(task_context& context) { return context.worker(); }

}  // namespace

TEST_CASE("tasks that hold a resource know which units are theirs, and no more run than there are") {
  gate g;
  stage on(cluster_options{}.workers(1).threads_per_worker(4).resource("GPU", 2));
  opened_at_end at_end(g);
  auto gpus = on.client.with(task_options{}.resource("GPU"));
  auto first = gpus.submit<use>(&g), second = gpus.submit<use>(&g), third = gpus.submit<use>(&g);
  g.wait_for(2);
  CHECK_THAT(on.client.explain(third).get(), Catch::Equals("1 GPU is in use on each of 1 workers that have it"));
  CHECK_THAT(on.client.explain(first).get(), Catch::StartsWith("it was given to worker-0"));
  g.open();
  auto units = first.get();
  auto others = second.get();
  units.insert(units.end(), others.begin(), others.end());
  std::sort(units.begin(), units.end());
  CHECK(units == std::vector<std::uint32_t>{0, 1});
  CHECK(third.get().size() == 1);
}

TEST_CASE("what no worker has is said by explain, and keeps nothing else from running") {
  stage on(cluster_options{}.workers(2).threads_per_worker(1).resource("MEM", 8));
  auto never = on.client.with(task_options{}.resource("TPU", 2)).submit<where>();
  auto mem = on.client.with(task_options{}.resource("MEM", 2.5)).submit<share>();
  CHECK(mem.get() == 2.5);
  CHECK(on.client.explain(never).get() == "none of 2 workers that may run it has 2 TPU");
  CHECK(on.client.explain(mem).get().find("its result of 8 bytes is on worker-") == 0);
  never.cancel();
  CHECK_THROWS_AS(never.get(), troupe::cancelled_error);
}

TEST_CASE("a task that asks for a share it does not hold is told so") {
  stage on(cluster_options{}.workers(1).resource("GPU", 1));
  CHECK_THROWS_WITH(on.client.submit<share>().get(), Catch::Contains("holds no resource 'MEM'"));
  CHECK_THROWS_WITH(task_options{}.resource("GPU", 0), "a task can hold no 0 of the resource 'GPU'");
}

TEST_CASE("a task for one worker runs there, or waits, or goes elsewhere where it may") {
  stage on(2);
  for (auto const* name : {"worker-1", "worker-0", "worker-1"})
    CHECK(on.client.with(task_options{}.workers(on_workers(name))).submit<where>().get() == name);
  auto other = on.client.with(task_options{}.workers(on_workers("worker-7"), true)).submit<where>();
  CHECK(other.get().find("worker-") == 0);
  auto waiting = on.client.with(task_options{}.workers(on_workers("worker-7"))).submit<where>();
  CHECK(on.client.explain(waiting).get() == "no worker is worker-7");
}
