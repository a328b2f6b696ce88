#include "../../client/support/folder.hpp"
#include "support/cluster.hpp"

#include <troupe/actors/cluster/local_cluster.hpp>
#include <troupe/actors/worker/task_context.hpp>
#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

/// A cluster that is restarted and whose workers are processes, with nannies that start them again or without.
namespace {

using namespace std::chrono_literals;
using troupe::block_on;
using troupe::test::folder;
using troupe::test::lines;
using troupe::test::process_cluster;
using troupe::test::read_file;
using ids = std::map<std::string, int>;

int process_id() { return ::getpid(); }
int inc(int x) { return x + 1; }
std::vector<double> large() { return std::vector<double>(10'000, 1.5); }
std::string content(troupe::worker_context& worker, std::string const& name) { return read_file(worker.file(name)); }

/// Writes the id of its process, and never ends.
int stuck(std::string const& marker) {
  std::ofstream(marker) << ::getpid() << '\n';
  for (;;) ::pause();
}

ids processes_of(troupe::client const& client) { return block_on(client.run<process_id>()); }

/// Stops a process until the end of its block.
class stopped {
 public:
  explicit stopped(int process) : process_(process) { ::kill(process_, SIGSTOP); }
  stopped(stopped const&) = delete;
  stopped& operator=(stopped const&) = delete;
  ~stopped() { ::kill(process_, SIGCONT); }

 private:
  int process_;
};

}  // namespace

TEST_CASE("workers that a nanny watches are fresh processes after a restart, under their names") {
  lines first_said, second_said;
  process_cluster cluster;
  cluster.begin_worker({"--name", "first"}, first_said);
  cluster.begin_worker({"--name", "second"}, second_said);
  cluster.wait_for_workers(2);
  auto client = cluster.connect();
  auto data = client.submit<large>();
  while (!data.done()) std::this_thread::yield();
  auto before = processes_of(client);
  for (int restarts = 0; restarts < 3; ++restarts) {
    client.restart().get();
    auto after = processes_of(client);
    CHECK(after.size() == 2);
    for (auto const& [name, process] : after) {
      REQUIRE(before.contains(name));
      CHECK(process != before[name]);
    }
    before = after;
  }
  CHECK_THROWS_AS(data.get(), troupe::cancelled_error);
  CHECK(client.submit<inc>(1).get() == 2);
}

TEST_CASE("a worker that was given no name has the same one after a restart") {
  lines said;
  process_cluster cluster;
  cluster.begin_worker({}, said);
  cluster.wait_for_workers(1);
  auto client = cluster.connect();
  auto before = processes_of(client);
  client.restart().get();
  auto after = processes_of(client);
  REQUIRE(after.size() == 1);
  CHECK(after.begin()->first == before.begin()->first);
  CHECK(after.begin()->second != before.begin()->second);
}

TEST_CASE("fresh workers have what was uploaded before the restart") {
  folder here;
  lines said;
  process_cluster cluster;
  cluster.begin_worker({"--name", "only"}, said);
  cluster.wait_for_workers(1);
  auto client = cluster.connect();
  block_on(client.upload_file(here.write("greeting.txt", "hello")));
  client.restart().get();
  CHECK(block_on(client.run<content>("greeting.txt")).at("only") == "hello");
}

TEST_CASE("what is submitted once a restart has begun waits for workers that have begun anew") {
  lines said;
  process_cluster cluster;
  cluster.begin_worker({"--name", "only"}, said);
  cluster.wait_for_workers(1);
  auto client = cluster.connect();
  auto before = client.submit<process_id>().get();
  auto running = client.submit([](troupe::task_context& context) {
    while (!context.stop_token().stop_requested()) std::this_thread::yield();
  });
  auto restarted = client.restart();
  while (!running.done()) std::this_thread::yield();
  auto next = client.submit<process_id>();
  CHECK(next.get() != before);
  restarted.get();
}

TEST_CASE("a worker without a nanny stays when its cluster is restarted, one with a nanny does not") {
  lines said;
  process_cluster cluster;
  cluster.add_worker("plain");
  cluster.begin_worker({"--name", "watched"}, said);
  cluster.wait_for_workers(2);
  auto client = cluster.connect();
  auto before = processes_of(client);
  client.restart().get();
  auto after = processes_of(client);
  CHECK(after["plain"] == before["plain"]);
  CHECK(after["watched"] != before["watched"]);
}

TEST_CASE("a task that does not stop ends with the process of its worker when the cluster is restarted") {
  folder here;
  auto marker = (here.path() / "marker").string();
  lines said;
  process_cluster cluster;
  cluster.begin_worker({"--name", "only"}, said);
  cluster.wait_for_workers(1);
  auto client = cluster.connect();
  auto before = client.submit<process_id>().get();
  auto f = client.submit<stuck>(marker);
  while (read_file(marker).empty()) std::this_thread::yield();
  client.restart().get();
  CHECK_THROWS_AS(f.get(), troupe::cancelled_error);
  CHECK(client.submit<process_id>().get() != before);
}

TEST_CASE("a restart names the workers that do not come back in time, and takes them when they come") {
  lines first_said, second_said;
  process_cluster cluster;
  cluster.begin_worker({"--name", "first"}, first_said);
  cluster.begin_worker({"--name", "second"}, second_said);
  cluster.wait_for_workers(2);
  auto client = cluster.connect();
  auto before = processes_of(client);
  {
    stopped asleep(before["second"]);
    // The other one is back, or not yet: that takes the time it takes.
    CHECK_THROWS_WITH(client.restart(100ms).get(),
                      Catch::StartsWith("the cluster was restarted, and these workers are not back after 0.1 s: ") &&
                          Catch::EndsWith("second"));
    cluster.wait_for_workers(1);
    CHECK(processes_of(client).count("first") == 1);
    CHECK_THROWS_AS(client.restart(1ms).get(), troupe::timeout_error);
  }
  cluster.wait_for_workers(2);
  auto after = processes_of(client);
  CHECK(after["second"] != before["second"]);
  client.restart().get();
  CHECK(processes_of(client).size() == 2);
}

TEST_CASE("two clients that restart a cluster at once both find it whole") {
  lines first_said, second_said;
  process_cluster cluster;
  cluster.begin_worker({"--name", "first"}, first_said);
  cluster.begin_worker({"--name", "second"}, second_said);
  cluster.wait_for_workers(2);
  auto one = cluster.connect();
  auto two = cluster.connect();
  auto before = processes_of(one);
  auto first = one.restart();
  auto second = two.restart();
  first.get();
  second.get();
  auto after = processes_of(two);
  CHECK(after.size() == 2);
  for (auto const& [name, process] : after) CHECK(process != before[name]);
  CHECK(one.submit<inc>(1).get() == 2);
  CHECK(two.submit<inc>(1).get() == 2);
}

TEST_CASE("a restart does not wait for a worker that a cluster which becomes smaller has ended") {
  troupe::runtime in;
  troupe::local_cluster cluster(in, troupe::cluster_options{}.workers(3).threads_per_worker(1).processes());
  auto client = cluster.connect();
  auto restarted = client.restart();
  // Answered after the restart has begun: nobody is back so soon.
  static_cast<void>(client.cluster_info().get());
  cluster.scale(1);
  CHECK_NOTHROW(restarted.get());
  cluster.settled().get();
  CHECK(processes_of(client).size() == 1);
  client.restart().get();
  CHECK(client.submit<inc>(1).get() == 2);
}

TEST_CASE("the processes of a program's own cluster are fresh ones after a restart, under their names") {
  troupe::runtime in;
  troupe::local_cluster cluster(in, troupe::cluster_options{}.workers(2).threads_per_worker(1).processes());
  auto client = cluster.connect();
  auto before = processes_of(client);
  auto data = client.submit<large>();
  while (!data.done()) std::this_thread::yield();
  client.restart().get();
  CHECK(client.cluster_info().get().stored_bytes == 0);
  auto after = processes_of(client);
  REQUIRE(after.size() == 2);
  for (auto const& [name, process] : after) CHECK(process != before[name]);
  CHECK_THROWS_AS(data.get(), troupe::cancelled_error);
}
