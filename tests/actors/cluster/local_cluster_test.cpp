#include "../client/support/stage.hpp"

#include <troupe/actors/cluster/local_cluster.hpp>
#include <troupe/actors/cluster/process/memory.hpp>
#include <troupe/actors/worker/task_context.hpp>
#include <troupe/net/codec/codec.hpp>

#include <catch2/catch.hpp>

#include <sched.h>

#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

using troupe::cluster_options;
using troupe::local_cluster;
using troupe::runtime;

int inc(int x) { return x + 1; }
std::string own_worker(troupe::task_context& context) { return context.worker(); }
std::vector<double> block_of(int n) { return std::vector<double>(100'000, n); }
std::vector<double> both(std::vector<double> a, std::vector<double> const& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
double last_of(std::vector<double> const& block, double held) { return block.back() + held; }
double pass(troupe::test::gate_ref g) {
  (*g)->pass();
  return 0;
}

/// All that this process may use, until the end of its block.
class one_processor {
 public:
  one_processor() {
    REQUIRE(::sched_getaffinity(0, sizeof before_, &before_) == 0);
    auto first = 0U;
    while (!CPU_ISSET(first, &before_)) ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
  }
  one_processor(one_processor const&) = delete;
  one_processor& operator=(one_processor const&) = delete;
  ~one_processor() { ::sched_setaffinity(0, sizeof before_, &before_); }

 private:
  cpu_set_t before_{};
};

cluster_options shape(std::uint32_t workers, std::uint32_t threads) {
  return cluster_options{}.workers(workers).threads_per_worker(threads).memory_limit(11'700'000'000);
}

}  // namespace

TEST_CASE("a cluster has one worker with a thread per core unless told otherwise") {
  runtime in;
  local_cluster cluster(in);
  auto info = cluster.info();
  REQUIRE(info.workers.size() == 1);
  CHECK(info.workers[0].name == "worker-0");
  CHECK(info.total_threads() == troupe::detail::usable_cores());
  CHECK(info.total_memory() == troupe::detail::usable_memory());
  CHECK(cluster.connect().submit<inc>(1).get() == 2);
}

TEST_CASE("a cluster has as many threads as there are processors that its process may use") {
  one_processor alone;
  runtime in;
  CHECK(local_cluster(in).info().total_threads() == 1);
}

TEST_CASE("several workers divide the cores among them, one each at least") {
  runtime in;
  local_cluster cluster(in, cluster_options{}.workers(1000 / 10));
  for (auto const& w : cluster.info().workers) CHECK(w.threads >= 1);
  CHECK(cluster.connect().submit<inc>(1).get() == 2);
}

TEST_CASE("a cluster of zero workers is refused") {
  runtime in;
  CHECK_THROWS_WITH(local_cluster(in, cluster_options{}.workers(0)), Catch::Contains("at least one worker"));
  CHECK(in.live_actors() == 0);
}

TEST_CASE("workers have the name they are given, and a number") {
  runtime in;
  local_cluster cluster(in, shape(2, 1).worker_name("north"));
  auto f = cluster.connect().submit<own_worker>();
  auto name = f.get();
  CHECK((name == "north-0" || name == "north-1"));
}

TEST_CASE("a cluster and its clients print their shape") {
  runtime in;
  local_cluster cluster(in, shape(2, 2));
  auto client = cluster.connect();
  std::ostringstream out;
  out << cluster << " / " << client;
  CHECK(out.str() == "2 workers, 4 threads, 23.4 GB / 2 workers, 4 threads, 23.4 GB");
  client.cluster_info().get();
  CHECK(to_string(client) == "2 workers, 4 threads, 23.4 GB");
  local_cluster small(in, shape(1, 1));
  CHECK(to_string(small) == "1 worker, 1 thread, 11.7 GB");
  client.close();
  CHECK(to_string(client) == "closed");
  cluster.close();
  CHECK(to_string(cluster) == "2 workers, 4 threads, 23.4 GB");
}

TEST_CASE("what the scheduler says of the cluster is what was asked for") {
  runtime in;
  local_cluster cluster(in, shape(3, 2));
  auto client = cluster.connect();
  auto info = client.cluster_info().get();
  REQUIRE(info.workers.size() == 3);
  CHECK(info.workers[2].name == "worker-2");
  CHECK(info.total_threads() == 6);
  CHECK(info.workers[0].memory_limit == 11'700'000'000);
  CHECK(info.tasks == 0);
  CHECK(info.stored_bytes == 0);
}

TEST_CASE("two clusters in one runtime do not know of each other") {
  runtime in;
  local_cluster first(in, shape(1, 1)), second(in, shape(1, 1));
  auto a = first.connect(), b = second.connect();
  auto f = a.submit<inc>(1);
  CHECK_THROWS_AS(static_cast<void>(b.submit<inc>(f)), troupe::error);
  CHECK(b.submit<inc>(2).get() == 3);
  first.close();
  CHECK(b.submit<inc>(3).get() == 4);
}

TEST_CASE("clusters on several runtimes, and runtimes of several loops, work") {
  runtime one, two(troupe::runtime_options{}.loops(2));
  local_cluster first(one, shape(1, 1)), second(two, shape(2, 1));
  CHECK(first.connect().submit<inc>(1).get() + second.connect().submit<inc>(1).get() == 4);
}

TEST_CASE("the runtime closes its clusters") {
  std::optional<runtime> in(std::in_place);
  local_cluster cluster(*in, shape(1, 1));
  auto client = cluster.connect();
  in.reset();
  CHECK(client.closed());
  CHECK_THROWS_AS(static_cast<void>(cluster.connect()), troupe::client_closed);
  cluster.close();
}

TEST_CASE("a runtime that is closed takes no cluster") {
  runtime in;
  in.close();
  CHECK_THROWS_AS(local_cluster(in, shape(1, 1)), troupe::client_closed);
}

TEST_CASE("a question right after the start is answered with all workers") {
  for (int i = 0; i < 50; ++i) {
    runtime in;
    local_cluster cluster(in, shape(4, 1));
    auto client = cluster.connect();
    auto info = client.cluster_info();
    CHECK(info.get().workers.size() == 4);
  }
}

TEST_CASE("clusters come and go a hundred times") {
  runtime in;
  for (int i = 0; i < 100; ++i) {
    local_cluster cluster(in, shape(2, 1));
    auto client = cluster.connect();
    auto f = client.submit<inc>(i);
    if (i % 2) CHECK(f.get() == i + 1);
  }
  CHECK(in.live_actors() == 0);
}

TEST_CASE("a task may have a cluster of its own") {
  runtime in;
  local_cluster cluster(in, shape(1, 1));
  auto f = cluster.connect().submit(
      [](int x) {
        runtime inner;
        local_cluster own(inner, shape(1, 1));
        return own.connect().submit<inc>(x).get();
      },
      5);
  CHECK(f.get() == 6);
}

TEST_CASE("a task cannot close the cluster or the runtime that it runs in, and both go on") {
  runtime in;
  local_cluster cluster(in, shape(2, 1));
  auto client = cluster.connect();
  auto closes_cluster = client.submit([](troupe::local<local_cluster*> own) { (*own)->close(); }, &cluster);
  CHECK_THROWS_WITH(closes_cluster.get(), Catch::Contains("would_deadlock"));
  auto closes_runtime = client.submit([](troupe::local<runtime*> own) { (*own)->close(); }, &in);
  CHECK_THROWS_WITH(closes_runtime.get(), Catch::Contains("would_deadlock"));
  auto f = client.submit<inc>(1);
  CHECK(f.get() == 2);
}

TEST_CASE("workers of one process spill to files of their own") {
  runtime in;
  troupe::test::gate g;
  troupe::test::opened_at_end opens(g);
  local_cluster cluster(
      in, cluster_options{}.workers(2).threads_per_worker(2).memory_limit(10'000'000).memory_spill(0).memory_pause(0));
  auto client = cluster.connect();
  auto held = client.submit<pass>(troupe::test::gate_ref(&g));
  std::vector<troupe::future<double>> ends;
  for (int i = 0; i < 40; ++i) {
    // Nobody but the tasks holds what lies between.
    auto block = client.submit<both>(client.submit<block_of>(i), client.submit<block_of>(i));
    ends.push_back(client.submit<last_of>(block, held));
  }
  troupe::test::eventually([&] { return client.cluster_info().get().stored_bytes >= 40'000'000; });
  g.open();
  for (int i = 0; i < 40; ++i) CHECK(ends[std::size_t(i)].get() == i);
}
