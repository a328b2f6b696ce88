#include "../process/support/beside.hpp"
#include "../process/support/lines.hpp"

#include <troupe/actors/cluster/process/child_process.hpp>

#include <catch2/catch.hpp>

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::detail::child_process;
using troupe::test::lines;
using texts = std::vector<std::string>;

/// `troupe` with a worker that runs no tasks, as a process.
std::unique_ptr<child_process> troupe_process(texts const& arguments, lines& output) {
  troupe::detail::child_options options;
  options.command = {troupe::test::beside("command_test_program")};
  options.command.insert(options.command.end(), arguments.begin(), arguments.end());
  options.environment = {{"TROUPE_NANNY__ATTEMPTS", "2"}, {"TROUPE_NANNY__BACKOFF", "1ms"}};
  options.on_output = output.collector();
  return std::make_unique<child_process>(std::move(options));
}

bool some(texts const& all, std::string const& end) {
  return std::any_of(all.begin(), all.end(), [&](std::string const& line) { return line.ends_with(end); });
}

}  // namespace

TEST_CASE("troupe worker starts itself once per worker and closes them in order") {
  lines output;
  auto process = troupe_process(
      {"worker", "host", "--nworkers", "2", "--nthreads", "3", "--memory-limit", "1GB", "--name", "w"}, output);
  auto said = output.wait_for(2);
  std::sort(said.begin(), said.end());
  CHECK(said == texts{"w-0 of tcp://host:8786: 3 threads, 1000000000 bytes",
                      "w-1 of tcp://host:8786: 3 threads, 1000000000 bytes"});
  process->send_signal(SIGTERM);
  CHECK(to_string(process->wait()) == "exit status 0");
  process.reset();
  CHECK(some(output.all(), "w-0 closed"));
  CHECK(some(output.all(), "w-1 closed"));
}

TEST_CASE("without a nanny the worker is served by the process itself") {
  lines output;
  auto process = troupe_process(
      {"worker", "host", "--no-nanny", "--name", "alone", "--nthreads", "1", "--memory-limit", "0"}, output);
  CHECK(output.wait_for(1) == texts{"alone of tcp://host:8786: 1 threads, 0 bytes"});
  process->send_signal(SIGTERM);
  CHECK(to_string(process->wait()) == "exit status 0");
}

TEST_CASE("a worker without a nanny closes when its lifetime is over") {
  lines output;
  auto process =
      troupe_process({"worker", "host", "--no-nanny", "--lifetime", "100ms", "--lifetime-stagger", "10ms"}, output);
  // The signal may come before it listens to it.
  auto cause = to_string(process->wait());
  CHECK((cause == "exit status 0" || cause == "killed by SIGUSR1"));
}

TEST_CASE("a lost scheduler is the exit status of worker and nanny") {
  for (auto const& nanny : {"--nanny", "--no-nanny"}) {
    lines output;
    CHECK(to_string(troupe_process({"worker", "host", nanny, "--name", "lost"}, output)->wait()) == "exit status 3");
  }
}

TEST_CASE("a worker that cannot start says why, and its nanny gives up") {
  lines output;
  auto process = troupe_process({"worker", "host", "--name", "broken"}, output);
  CHECK(to_string(process->wait()) == "exit status 1");
  process.reset();
  auto said = output.all();
  CHECK(std::count(said.begin(), said.end(), "troupe worker: a library is missing") == 2);
  CHECK(some(said, " broken: worker ended: exit status 1; after 2 attempts it is given up"));
}

TEST_CASE("a scheduler file that does not come is an error that names it") {
  lines output;
  auto process = troupe_process({"worker", "--scheduler-file", "/no/such/file", "--death-timeout", "10ms"}, output);
  CHECK(to_string(process->wait()) == "exit status 1");
  process.reset();
  CHECK(output.all() == texts{"troupe worker: the scheduler file '/no/such/file' did not come within 10ms"});
}
