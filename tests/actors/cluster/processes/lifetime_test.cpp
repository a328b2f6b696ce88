#include "../../client/support/folder.hpp"
#include "support/cluster.hpp"

#include <troupe/actors/worker/task_context.hpp>
#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

/// Workers that are told, as their nanny does, that their lifetime is over.
namespace {

using troupe::block_on;
using troupe::test::folder;
using troupe::test::lines;
using troupe::test::process_cluster;
using troupe::test::read_file;

double sum(std::vector<double> const& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

/// Does not end before it is asked to.
int wait_for_stop(troupe::task_context& context, std::string const& marker) {
  std::ofstream(marker) << "begun\n";
  while (!context.stop_token().stop_requested()) std::this_thread::yield();
  throw troupe::cancelled_error("asked to");
}

}  // namespace

TEST_CASE("what was scattered to a worker is there when its lifetime is over and another worker stays") {
  lines said;
  process_cluster cluster;
  auto& first = cluster.begin_worker({"--name", "first", "--no-nanny"}, said);
  cluster.wait_for_workers(1);
  auto client = cluster.connect();
  auto large = block_on(client.scatter(std::vector<double>(1'000'000, 1.0)));
  auto small = block_on(client.scatter(std::vector<double>{1, 2}));
  cluster.add_worker("second");
  first.send_signal(SIGUSR1);
  CHECK(to_string(first.wait()) == "exit status 0");
  CHECK(client.submit<sum>(large).get() == 1'000'000);
  CHECK(client.submit<sum>(small).get() == 3);
  CHECK_FALSE(says(said, "goes with it"));
}

TEST_CASE("a worker whose lifetime is over leaves although nobody takes what it holds, and says so") {
  lines said;
  process_cluster cluster;
  auto& only = cluster.begin_worker({"--name", "only", "--no-nanny"}, said);
  cluster.wait_for_workers(1);
  auto client = cluster.connect();
  auto held = block_on(client.scatter(std::vector<double>{1, 2}));
  only.send_signal(SIGUSR1);
  CHECK(to_string(only.wait()) == "exit status 0");
  CHECK(says(said, "what this worker holds goes with it: no worker stays that could take over"));
}

TEST_CASE("a worker that is asked to stop does not hand over any more what it holds") {
  folder here;
  auto marker = (here.path() / "marker").string();
  process_cluster cluster;
  auto& only = cluster.add_worker("only");
  auto client = cluster.connect();
  auto running = client.submit<wait_for_stop>(marker);
  while (read_file(marker).empty()) std::this_thread::yield();
  only.send_signal(SIGUSR1);
  only.send_signal(SIGTERM);
  CHECK(to_string(only.wait()) == "exit status 0");
}
