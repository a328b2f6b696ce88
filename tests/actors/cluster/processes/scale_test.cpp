#include <troupe/actors/client/client.hpp>
#include <troupe/actors/cluster/local_cluster.hpp>
#include <troupe/actors/worker/task_context.hpp>
#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <map>
#include <string>
#include <thread>
#include <vector>

/// Local clusters whose workers are processes, and become more and fewer.
namespace {

using namespace std::chrono_literals;
using troupe::adapt_options;
using troupe::block_on;
using troupe::cluster_options;
using troupe::on_workers;
using names = std::vector<std::string>;
using numbers = std::vector<double>;

int inc(int x) { return x + 1; }
int process_id() { return ::getpid(); }

struct stage {
  explicit stage(std::uint32_t workers)
      : cluster(in, cluster_options{}.workers(workers).threads_per_worker(1).processes()), client(cluster.connect()) {}

  [[nodiscard]] names workers() const {
    names found;
    for (auto const& w : client.cluster_info().get().workers) found.push_back(w.name);
    std::sort(found.begin(), found.end());
    return found;
  }
  void until_workers(std::size_t count) const {
    while (workers().size() != count) std::this_thread::yield();
  }

  troupe::runtime in;
  troupe::local_cluster cluster;
  troupe::client client;
};

}  // namespace

TEST_CASE("a cluster of processes is scaled up and down, and its results move") {
  stage on(1);
  on.cluster.scale(3);
  on.client.wait_for_workers(3).get();
  on.cluster.settled().get();
  CHECK(on.workers() == names{"worker-0", "worker-1", "worker-2"});
  auto large = block_on(on.client.scatter(numbers(2000, 1.5), on_workers("worker-1")));
  auto small = block_on(on.client.scatter(numbers(1000, 2.5), on_workers("worker-2")));
  auto processes = block_on(on.client.run<process_id>());
  on.cluster.scale(1);
  on.cluster.settled().get();
  CHECK(on.workers() == names{"worker-1"});
  CHECK(large.get() == numbers(2000, 1.5));
  CHECK(small.get() == numbers(1000, 2.5));
  // They are gone, not only out of the cluster.
  CHECK(::kill(processes["worker-0"], 0) != 0);
  CHECK(::kill(processes["worker-1"], 0) == 0);
}

TEST_CASE("a cluster of processes that adapts goes to none and comes back when a task is submitted") {
  stage on(1);
  on.cluster.adapt(adapt_options{}.maximum(1).interval(10ms).wait_count(2));
  on.until_workers(0);
  CHECK(on.client.submit<inc>(1).get() == 2);
}

TEST_CASE("a worker process that is killed comes back and is not counted twice") {
  stage on(2);
  auto processes = block_on(on.client.run<process_id>());
  ::kill(processes["worker-1"], SIGKILL);
  on.cluster.scale(3);
  on.cluster.settled().get();
  std::map<std::string, int> now;
  do {
    now = block_on(on.client.run<process_id>(troupe::on_error::skip));
  } while (!now.contains("worker-1") || now["worker-1"] == processes["worker-1"]);
  on.until_workers(3);
  CHECK(on.workers() == names{"worker-0", "worker-1", "worker-2"});
}

TEST_CASE("a worker process that is killed while it is to leave does not come back") {
  stage on(2);
  auto data = block_on(on.client.scatter(numbers(1000, 1.5), on_workers("worker-0")));
  auto processes = block_on(on.client.run<process_id>());
  on.cluster.scale(1);
  ::kill(processes["worker-1"], SIGKILL);
  on.cluster.settled().get();
  CHECK(on.workers() == names{"worker-0"});
  CHECK(on.client.submit<inc>(1).get() == 2);
  CHECK(data.get() == numbers(1000, 1.5));
}

TEST_CASE("a cluster of processes closes while workers are on their way") {
  stage on(1);
  on.cluster.scale(3);
}

TEST_CASE("workers that are on their way are the first to go") {
  stage on(1);
  on.cluster.scale(3);
  on.cluster.scale(1);
  on.cluster.settled().get();
  CHECK(on.workers().size() == 1);
}
