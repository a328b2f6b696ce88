#include <troupe/actors/cluster/command/server_settings.hpp>
#include <troupe/actors/cluster/command/worker_command.hpp>

#include <catch2/catch.hpp>

#include <stdlib.h>

#include <chrono>
#include <initializer_list>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace troupe::detail;
using words = std::vector<std::string>;

/// Without the configuration of the machine that the tests run on.
worker_command parse(words args) {
  args.insert(args.begin(), "--no-config");
  return parse_worker_arguments(args);
}

void check_same(troupe::worker_server_options const& a, troupe::worker_server_options const& b) {
  CHECK(a.scheduler == b.scheduler);
  CHECK(a.name == b.name);
  CHECK(a.threads == b.threads);
  CHECK(a.memory_limit == b.memory_limit);
  CHECK(a.resources == b.resources);
  CHECK(a.listen == b.listen);
  CHECK(a.contact == b.contact);
  CHECK(a.local_directory == b.local_directory);
  CHECK(a.death_timeout == b.death_timeout);
  CHECK(a.load == b.load);
  CHECK(a.connections == b.connections);
  CHECK(a.peer_links == b.peer_links);
}

}  // namespace

TEST_CASE("a worker needs no more than the address of its scheduler") {
  auto w = parse({"host"});
  auto machine = this_machine();
  CHECK(w.server.scheduler == "tcp://host:8786");
  CHECK(w.server.name.empty());
  CHECK(w.server.threads == machine.cores);
  CHECK(w.server.memory_limit == machine.memory);
  CHECK(w.server.listen == "tcp://0.0.0.0:0");
  CHECK(w.server.death_timeout == 60);
  CHECK(w.workers == 1);
  CHECK(w.nanny);
  CHECK(w.supervision.memory_limit == static_cast<std::uint64_t>(static_cast<double>(machine.memory) * 0.95));
  CHECK(w.prefix == words{"worker"});
}

TEST_CASE("every option of a worker is understood") {
  auto w = parse({"tcp://s:1",
                  "--nworkers",
                  "2",
                  "--nthreads",
                  "3",
                  "--memory-limit",
                  "1GB",
                  "--name",
                  "w",
                  "--resources",
                  "GPU=2,MEM=1e9",
                  "--resources",
                  "FPGA=1",
                  "--local-directory",
                  "/scratch",
                  "--death-timeout",
                  "5m",
                  "--lifetime",
                  "1h",
                  "--lifetime-stagger",
                  "5m",
                  "--lifetime-restart",
                  "--preload",
                  "a.so",
                  "--load",
                  "b.so,c.so",
                  "--host",
                  "10.0.0.1",
                  "--worker-port",
                  "9000:9010"});
  CHECK(w.server.scheduler == "tcp://s:1");
  CHECK(w.workers == 2);
  CHECK(w.server.threads == 3);
  CHECK(w.server.memory_limit == 1'000'000'000);
  CHECK(w.server.name == "w");
  CHECK(w.server.resources == std::map<std::string, double>{{"GPU", 2}, {"MEM", 1e9}, {"FPGA", 1}});
  CHECK(w.server.local_directory == "/scratch");
  CHECK(w.server.death_timeout == 300);
  CHECK(w.supervision.lifetime == 1h);
  CHECK(w.supervision.lifetime_stagger == 5min);
  CHECK(w.supervision.lifetime_restart);
  CHECK(w.server.load == words{"a.so", "b.so", "c.so"});
  CHECK(w.server.listen == "tcp://10.0.0.1:9000-9010");
  CHECK(w.supervision.memory_limit == 950'000'000);

  CHECK(parse({"s", "--nprocs", "3"}).workers == 3);
  CHECK(parse({"s", "--nworkers=-1"}).workers == this_machine().cores);
  CHECK(parse({"s", "--nworkers", "-1"}).workers == this_machine().cores);
  CHECK_FALSE(parse({"s", "--no-nanny"}).nanny);
  CHECK(parse({"s", "--no-nanny", "--nanny"}).nanny);
  CHECK(parse({"s", "--interface", "lo"}).server.listen == "tcp://127.0.0.1:0");
  CHECK(parse({"s", "--contact-address", "g:5"}).server.contact == "tcp://g:5");
  CHECK(parse({"--scheduler-file", "f.json"}).scheduler_file == "f.json");
  CHECK(parse({"--nthreads=2", "s"}).server.threads == 2);
}

TEST_CASE("a program is a worker by its option, and keeps what is not a worker's") {
  auto w = parse({"--verbose", "--worker", "host:1", "--nthreads", "2", "input.txt"});
  CHECK(w.server.scheduler == "tcp://host:1");
  CHECK(w.server.threads == 2);
  CHECK(w.rest == words{"--verbose", "input.txt"});
  CHECK(w.prefix.empty());
  CHECK(parse({"--worker=host:2"}).server.scheduler == "tcp://host:2");
}

TEST_CASE("a wrong value is one line with the option and the value") {
  auto says = [](words const& args, std::string const& text) { CHECK_THROWS_WITH(parse(args), text); };
  says({"s", "--nthreads", "many"}, "--nthreads takes a number from 0 on, not 'many'");
  says({"s", "--nworkers", "some"}, "--nworkers takes a number of workers or auto, not 'some'");
  says({"s", "--nprocs", "0"}, "--nprocs takes a number of workers or auto, not '0'");
  says({"s", "--memory-limit", "4XB"}, "--memory-limit takes a size such as 4GB or 512MiB, not '4XB'");
  says({"s", "--resources", "GPU"}, "--resources takes names with amounts such as GPU=2,MEM=1e9, not 'GPU'");
  says({"s", "--death-timeout", "soon"}, "--death-timeout takes a time such as 30s, 500ms or 1h 30m, not 'soon'");
  says({"s", "--worker-port", "9:1"}, "--worker-port takes a port or a range of ports such as 9000:9010, not '9:1'");
  says({"http://s"}, "ADDRESS takes an address such as tcp://host:8786, not 'http://s': there is no transport 'http'");
  says({"--worker", "a:b"}, "--worker takes an address such as tcp://host:8786, not 'a:b': 'b' is no port");
  says({}, "a worker needs the address of its scheduler, such as tcp://host:8786, or --scheduler-file");
  says({"s", "--nthread", "2"}, "there is no option '--nthread'; did you mean '--nthreads'?");
  says({"s", "--quux"}, "there is no option '--quux'; --help shows those there are");
  says({"s", "t"}, "unexpected argument 't'");
  CHECK_THROWS_AS(parse({"s", "--nthreads"}), usage_error);
}

TEST_CASE("settings that contradict each other are refused with both names") {
  auto says = [](words const& args, std::string const& text) { CHECK_THROWS_WITH(parse(args), text); };
  says({"s", "--no-nanny", "--nworkers", "2"}, "--no-nanny leaves room for one worker only, not for 2 (--nworkers)");
  says({"s", "--no-nanny", "--lifetime", "1h", "--lifetime-restart"},
       "--lifetime-restart needs the nanny, which --no-nanny takes away");
  says({"s", "--lifetime-restart"}, "--lifetime-restart needs a lifetime: --lifetime");
  says({"s", "--nworkers", "2", "--worker-port", "9000"},
       "--worker-port names one port, 9000, for 2 workers; a range is written A:B");
  says({"s", "--nworkers", "2", "--contact-address", "g:5"},
       "--contact-address names one address, 'tcp://g:5', for 2 workers");
}

TEST_CASE("the arguments of a worker make the same worker") {
  auto w = parse({"tcp://[::1]:1",
                  "--nworkers",
                  "2",
                  "--nthreads",
                  "3",
                  "--memory-limit",
                  "123456789",
                  "--name",
                  "w",
                  "--resources",
                  "GPU=2,MEM=0.1",
                  "--local-directory",
                  "/a b",
                  "--death-timeout",
                  "1.5s",
                  "--preload",
                  "a b.so",
                  "--load",
                  "c.so",
                  "--host",
                  "::1",
                  "--worker-port",
                  "9000:9010"});
  for (std::uint32_t i : {0U, 1U}) {
    auto again = parse_worker_arguments([&] {
      auto args = arguments_of_worker(w, i, 1);
      REQUIRE(args.front() == "worker");
      return words(args.begin() + 1, args.end());
    }());
    auto expected = w.server;
    expected.name = i == 0 ? "w-0" : "w-1";
    check_same(again.server, expected);
    CHECK_FALSE(again.nanny);
    CHECK(again.workers == 1);
  }
}

TEST_CASE("the arguments of a worker that is a program make the same worker") {
  auto w = parse({"--worker", "s", "--contact-address", "g:1", "--flag", "value", "--memory-limit", "0"});
  auto args = arguments_of_worker(w, 0, 1);
  CHECK(words(args.begin(), args.begin() + 2) == words{"--worker", "tcp://s:8786"});
  auto again = parse_worker_arguments(args);
  check_same(again.server, w.server);
  CHECK(again.rest == words{"--flag", "value"});
  CHECK(again.server.name.empty());
}

TEST_CASE("how many links to other workers stay open can be said, and reaches the worker that a nanny starts") {
  CHECK(parse({"s"}).server.peer_links == 512);
  auto w = parse({"s", "--peer-links", "3"});
  CHECK(w.server.peer_links == 3);
  auto args = arguments_of_worker(w, 0, 1);
  args.erase(args.begin());
  check_same(parse_worker_arguments(args).server, w.server);
  CHECK_THROWS_WITH(parse({"s", "--peer-links", "few"}), Catch::Contains("--peer-links") && Catch::Contains("'few'"));
}

TEST_CASE("a worker with a nanny is told whose it is and which of its lives it lives") {
  auto w = parse({"s"});
  w.server.nanny = 18'000'000'000'000'000'000U;
  auto args = arguments_of_worker(w, 0, 3);
  args.erase(args.begin());
  auto again = parse_worker_arguments(args);
  CHECK(again.server.nanny == w.server.nanny);
  CHECK(again.server.life == 3);
  CHECK(parse({"s"}).server.nanny == 0);
  CHECK_THROWS_WITH(parse({"s", "--life", "7"}), "--life takes two numbers, NANNY:NUMBER, not '7'");
  CHECK(parse({"--help"}).help.find("--life ") == std::string::npos);
}

TEST_CASE("options are stronger than the environment, which is not read when not wanted") {
  ::setenv("TROUPE_WORKER__NTHREADS", "7", 1);
  ::setenv("TROUPE_WORKER__RESOURCES", "GPU=1,MEM=2", 1);
  ::setenv("TROUPE_SCHEDULER_ADDRESS", "configured", 1);
  CHECK(parse_worker_arguments({"s"}).server.threads == 7);
  CHECK(parse_worker_arguments({"s", "--nthreads", "3"}).server.threads == 3);
  CHECK(parse_worker_arguments({}).server.scheduler == "tcp://configured:8786");
  CHECK(parse_worker_arguments({"s", "--resources", "GPU=4"}).server.resources ==
        std::map<std::string, double>{{"GPU", 4}});
  CHECK(parse_worker_arguments({"s", "--no-config"}).server.resources.empty());
  ::setenv("TROUPE_WORKER__NTHREADS", "x", 1);
  CHECK_THROWS_WITH(parse_worker_arguments({"s"}), "TROUPE_WORKER__NTHREADS takes a number from 0 on, not 'x'");
  ::unsetenv("TROUPE_WORKER__NTHREADS");
  ::unsetenv("TROUPE_WORKER__RESOURCES");
  ::unsetenv("TROUPE_SCHEDULER_ADDRESS");
}

TEST_CASE("help names every option and starts no worker") {
  auto w = parse({"--help"});
  for (auto option : {"--nworkers", "--nthreads", "--memory-limit", "--name", "--resources", "--local-directory",
                      "--death-timeout", "--lifetime", "--lifetime-stagger", "--lifetime-restart", "--scheduler-file",
                      "--preload", "--no-nanny", "--contact-address", "--worker-port", "--host", "--interface"})
    CHECK_THAT(w.help, Catch::Contains(option));
  CHECK(parse({"--worker", "s", "--help"}).help.find("--worker") != std::string::npos);
}
