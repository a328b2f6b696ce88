#include "../../client/support/folder.hpp"
#include "support/cluster.hpp"

#include <troupe/actors/worker/nanny_plugin.hpp>
#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

/// Processes in which users' code does not come to an end: a second signal ends them.
namespace {

using namespace std::chrono_literals;
using troupe::block_on;
using troupe::test::folder;
using troupe::test::lines;
using troupe::test::process_cluster;
using troupe::test::read_file;

/// Says that it has begun, and never ends.
void hang(std::string const& marker) {
  std::ofstream(marker) << "begun\n";
  for (;;) ::pause();
}
int hanging_task(std::string const& marker) {
  hang(marker);
  return 0;
}

class hangs_in_setup : public troupe::nanny_plugin {
 public:
  explicit hangs_in_setup(std::string marker) : marker_(std::move(marker)) {}
  void setup() override { hang(marker_); }

 private:
  std::string const marker_;
};
class hangs_before_start : public troupe::nanny_plugin {
 public:
  explicit hangs_before_start(std::string marker) : marker_(std::move(marker)) {}
  void before_start(troupe::worker_start&) override { hang(marker_); }

 private:
  std::string const marker_;
};

void wait_for(std::string const& marker) {
  while (read_file(marker).empty()) std::this_thread::yield();
}

/// As somebody does who waits for its end: one that comes while another has not been taken is none.
std::string end_by_signals(troupe::detail::child_process& process) {
  for (;;) {
    process.send_signal(SIGTERM);
    if (auto cause = process.wait_for(10ms)) return to_string(*cause);
  }
}

}  // namespace

TEST_CASE("a second signal ends a nanny whose plugin does not let it start its worker") {
  folder here;
  auto marker = (here.path() / "marker").string();
  lines said;
  process_cluster cluster;
  block_on(cluster.connect().register_plugin<hangs_before_start>(marker));
  auto& nanny = cluster.begin_worker({"--name", "late"}, said);
  wait_for(marker);
  auto all = said.all().size();
  nanny.send_signal(SIGTERM);
  CHECK_THAT(said.wait_for(all + 1).back(), Catch::EndsWith("SIGTERM: closing"));
  nanny.send_signal(SIGTERM);
  CHECK(to_string(nanny.wait()) == "exit status 143");
}

TEST_CASE("a second signal ends a nanny that does not come to the end of a plugin's setup") {
  folder here;
  auto marker = (here.path() / "marker").string();
  lines said;
  process_cluster cluster;
  block_on(cluster.connect().register_plugin<hangs_in_setup>(marker));
  auto& nanny = cluster.begin_worker({"--name", "late"}, said);
  wait_for(marker);
  CHECK(end_by_signals(nanny) == "exit status 143");
}

TEST_CASE("a second signal ends a worker without a nanny whose task does not stop") {
  folder here;
  auto marker = (here.path() / "marker").string();
  process_cluster cluster;
  auto& worker = cluster.add_worker("only");
  auto client = cluster.connect();
  auto running = client.submit<hanging_task>(marker);
  wait_for(marker);
  CHECK(end_by_signals(worker) == "exit status 143");
}

TEST_CASE("a second signal ends a scheduler whose library does not come to its end") {
  folder here;
  auto file = here.write("hooks", "");
  lines said;
  troupe::detail::child_options options;
  options.command = {TEST_TROUPE, "scheduler", "--host", "127.0.0.1", "--port", "0", "--preload", TEST_HOOKS};
  options.environment = {{"TEST_HOOKS", file}, {"TEST_HANGS", "1"}};
  options.on_output = said.collector();
  troupe::detail::child_process scheduler(std::move(options));
  static_cast<void>(said.wait_for(1));
  scheduler.send_signal(SIGTERM);
  while (read_file(file) != "setup of the scheduler\nteardown of the scheduler\n") std::this_thread::yield();
  CHECK(end_by_signals(scheduler) == "exit status 143");
}
