#include "../../client/support/folder.hpp"
#include "support/cluster.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <string>
#include <vector>

/// The functions of a preloaded library that are called when a server begins and ends.
namespace {

using troupe::test::folder;
using troupe::test::lines;
using troupe::test::process_cluster;
using troupe::test::read_file;

}  // namespace

TEST_CASE("a worker calls what its preloaded library has for its begin, before it joins, and for its end") {
  folder here;
  auto file = here.write("hooks", "");
  lines said;
  process_cluster cluster;
  auto& worker = cluster.begin_troupe_worker({"--name", "only", "--preload", TEST_HOOKS}, said, {{"TEST_HOOKS", file}});
  cluster.wait_for_workers(1);
  CHECK(read_file(file) == "setup of only\n");
  worker.send_signal(SIGTERM);
  CHECK(to_string(worker.wait()) == "exit status 0");
  CHECK(read_file(file) == "setup of only\nteardown of only\n");
}

TEST_CASE("a worker whose preloaded library throws at its begin does not join, and says what and where") {
  lines said;
  process_cluster cluster;
  auto& worker = cluster.begin_troupe_worker({"--preload", TEST_HOOKS, "--no-nanny"}, said);
  CHECK(to_string(worker.wait()) == "exit status 1");
  auto all = said.all();
  REQUIRE_FALSE(all.empty());
  CHECK_THAT(all.back(), Catch::Contains("troupe_setup of the preloaded ") && Catch::Contains("hooks.so") &&
                             Catch::Contains("TEST_HOOKS names no file"));
}

TEST_CASE("a scheduler calls what its preloaded library has for its begin and end") {
  folder here;
  auto file = here.write("hooks", "");
  lines said;
  troupe::detail::child_options options;
  options.command = {TEST_TROUPE, "scheduler", "--host", "127.0.0.1", "--port", "0", "--preload", TEST_HOOKS};
  options.environment = {{"TEST_HOOKS", file}};
  options.on_output = said.collector();
  troupe::detail::child_process scheduler(std::move(options));
  static_cast<void>(said.wait_for(1));
  CHECK(read_file(file) == "setup of the scheduler\n");
  scheduler.send_signal(SIGTERM);
  CHECK(to_string(scheduler.wait()) == "exit status 0");
  CHECK(read_file(file) == "setup of the scheduler\nteardown of the scheduler\n");
}
