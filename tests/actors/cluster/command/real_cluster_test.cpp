#include "../process/support/beside.hpp"
#include "../process/support/lines.hpp"

#include <troupe/actors/cluster/process/child_process.hpp>

#include <catch2/catch.hpp>

#include <signal.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using troupe::detail::child_process;
using troupe::test::lines;
using texts = std::vector<std::string>;

/// The real command as a process.
std::unique_ptr<child_process> troupe_process(texts const& arguments, lines& output) {
  troupe::detail::child_options options;
  options.command = {troupe::test::beside("../../../../actors/cluster/command/troupe")};
  options.command.insert(options.command.end(), arguments.begin(), arguments.end());
  options.command.emplace_back("--no-config");
  options.on_output = output.collector();
  return std::make_unique<child_process>(std::move(options));
}

struct answer {
  std::string cause;
  texts said;
};

answer run_troupe(texts const& arguments) {
  lines output;
  auto process = troupe_process(arguments, output);
  auto cause = to_string(process->wait());
  process.reset();
  return {cause, output.all()};
}

constexpr std::string_view announcement = "scheduler at ";

}  // namespace

TEST_CASE("scheduler, workers and status of the command work together and close in order") {
  lines scheduler_said, workers_said;
  auto scheduler = troupe_process({"scheduler", "--host", "127.0.0.1", "--port", "0"}, scheduler_said);
  auto first = scheduler_said.wait_for(1).front();
  REQUIRE(first.starts_with(announcement));
  auto address = first.substr(announcement.size());

  auto workers = troupe_process({"worker", address, "--nworkers", "2", "--nthreads", "3", "--name", "w", "--host",
                                 "127.0.0.1", "--memory-limit", "1GB"},
                                workers_said);
  auto status = run_troupe({"status", address});
  while (status.said.size() > 1 && !status.said[1].starts_with("2 workers, 6 threads"))
    status = run_troupe({"status", address});
  CHECK(status.cause == "exit status 0");
  CHECK(status.said.front() == first);
  CHECK(std::count_if(status.said.begin(), status.said.end(),
                      [](std::string const& line) { return line.starts_with("w-") && line.ends_with("1.0 GB"); }) == 2);

  workers->send_signal(SIGTERM);
  CHECK(to_string(workers->wait()) == "exit status 0");
  scheduler->send_signal(SIGINT);
  CHECK(to_string(scheduler->wait()) == "exit status 0");
  auto nobody = run_troupe({"status", address});
  CHECK(nobody.cause == "exit status 1");
  REQUIRE(nobody.said.size() == 1);
  CHECK_THAT(nobody.said.front(), Catch::StartsWith("troupe status: ") && Catch::Contains(address));
}
