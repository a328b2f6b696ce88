#include <troupe/actors/cluster/command/troupe_command.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace troupe::detail;
using words = std::vector<std::string>;

/// A file in memory only.
class scratch {
 public:
  scratch() : file_(std::tmpfile()) { REQUIRE(file_); }
  ~scratch() { std::fclose(file_); }
  scratch(scratch const&) = delete;
  scratch& operator=(scratch const&) = delete;

  [[nodiscard]] std::FILE* file() const { return file_; }
  [[nodiscard]] std::string text() const {
    std::string all(static_cast<std::size_t>(std::ftell(file_)), '\0');
    REQUIRE(std::fseek(file_, 0, SEEK_SET) == 0);
    all.resize(std::fread(all.data(), 1, all.size(), file_));
    return all;
  }

 private:
  std::FILE* file_;
};

struct answer {
  int status;
  std::string out, err;
};

/// What the services were asked for.
struct questions {
  troupe::scheduler_server_options scheduler;
  troupe::worker_server_options worker;
  std::string status_of;
  troupe::duration timeout{};
};

answer run(words const& args, questions& seen) {
  command_services services;
  services.serve_scheduler = [&](auto const& options, auto const& started) {
    seen.scheduler = options;
    started("tcp://10.0.0.1:8786");
    return troupe::server_end::closed;
  };
  services.serve_worker = [&](auto const& options) {
    seen.worker = options;
    return troupe::server_end::lost_scheduler;
  };
  services.fetch_status = [&](std::string const& address, troupe::duration timeout) {
    seen.status_of = address;
    seen.timeout = timeout;
    if (address == "tcp://nobody:8786") throw troupe::error("tcp://nobody:8786: connection refused");
    return troupe::cluster_status{};
  };
  scratch out, err;
  int status = troupe_command(args, services, out.file(), err.file());
  return {status, out.text(), err.text()};
}
answer run(words const& args) {
  questions seen;
  return run(args, seen);
}

}  // namespace

TEST_CASE("troupe scheduler serves with its options and says where") {
  questions seen;
  auto a = run({"scheduler", "--no-config", "--port", "1234", "--host", "10.0.0.1", "--contact-address", "gateway",
                "--scheduler-file", "/shared/address", "--preload", "a.so", "--load", "b.so"},
               seen);
  CHECK(a.status == 0);
  CHECK(a.out == "scheduler at tcp://10.0.0.1:8786\n");
  CHECK(a.err.empty());
  CHECK(seen.scheduler.listen == "tcp://10.0.0.1:1234");
  CHECK(seen.scheduler.contact == "tcp://gateway:1234");
  CHECK(seen.scheduler.scheduler_file == "/shared/address");
  CHECK(seen.scheduler.load == words{"a.so", "b.so"});
  run({"scheduler", "--no-config"}, seen);
  CHECK(seen.scheduler.listen == "tcp://0.0.0.0:8786");
  run({"scheduler", "--no-config", "--port", "8786:8790", "--interface", "lo"}, seen);
  CHECK(seen.scheduler.listen == "tcp://127.0.0.1:8786-8790");
}

TEST_CASE("troupe worker without nanny serves with its options and gives the server's end") {
  questions seen;
  auto a = run({"worker", "host", "--no-config", "--no-nanny", "--name", "w"}, seen);
  CHECK(a.status == 3);
  CHECK(seen.worker.name == "w");
  CHECK(seen.worker.scheduler == "tcp://host:8786");
}

TEST_CASE("troupe status asks the scheduler and shows its answer") {
  questions seen;
  auto a = run({"status", "host", "--timeout", "3s", "--no-config"}, seen);
  CHECK(a.status == 0);
  CHECK(a.out == "scheduler at tcp://host:8786\n0 workers, 0 threads, 0 B of memory used, 0 B of results\n0 tasks\n");
  CHECK(seen.status_of == "tcp://host:8786");
  CHECK(seen.timeout == 3s);
  auto nobody = run({"status", "nobody", "--no-config"});
  CHECK(nobody.status == 1);
  CHECK(nobody.err == "troupe status: tcp://nobody:8786: connection refused\n");
  CHECK(run({"status", "--no-config"}).err == "troupe status: an address is missing, such as tcp://host:8786\n");
  CHECK(run({"status", "a b", "--no-config"}).status == 2);
}

TEST_CASE("a status is shown as a table") {
  troupe::cluster_status status;
  status.workers.push_back({"w-0", "tcp://10.0.0.1:40001", 4, 8'000'000'000, 700'000, 1'500'000'000});
  status.workers.push_back({"worker-10", "tcp://10.0.0.2:5", 16, 0, 12, 2'000'000});
  status.tasks = {{"processing", 3}, {"memory", 12}, {"waiting", 0}};
  CHECK(describe(status) ==
        "2 workers, 20 threads, 1.5 GB of memory used, 700.0 kB of results\n"
        "15 tasks: 12 memory, 3 processing\n"
        "\n"
        "worker     address               threads   results  memory   limit\n"
        "w-0        tcp://10.0.0.1:40001        4  700.0 kB  1.5 GB  8.0 GB\n"
        "worker-10  tcp://10.0.0.2:5           16      12 B  2.0 MB    none\n");
  CHECK(describe({{{"w", "a", 1, 0, 0, 0}}, {{"memory", 1}}})
            .starts_with("1 worker, 1 thread, 0 B of memory used, 0 B of results\n1 task: 1 memory\n"));
}

TEST_CASE("troupe config shows all settings with their sources, or one") {
  auto all = run({"config", "--no-config"});
  CHECK(all.status == 0);
  CHECK_THAT(all.out, Catch::Contains("  death-timeout: 60s                      # default\n"));
  CHECK(run({"config", "get", "scheduler.port", "--no-config"}).out == "8786\n");
  auto unknown = run({"config", "get", "scheduler.prt", "--no-config"});
  CHECK(unknown.status == 1);
  CHECK(unknown.err == "troupe config: there is no setting 'scheduler.prt'; did you mean 'scheduler.port'?\n");
  CHECK(run({"config", "get"}).status == 2);
  CHECK(run({"config", "show"}).err == "troupe config: unexpected argument 'show'\n");
}

TEST_CASE("help and version go to standard output") {
  for (auto const& args : {words{"--help"}, words{"-h"}, words{"help"}, words{"scheduler", "--help"},
                           words{"worker", "--help"}, words{"status", "-h"}, words{"config", "--help"}}) {
    auto a = run(args);
    CHECK(a.status == 0);
    CHECK_THAT(a.out, Catch::Contains("Usage: troupe"));
    CHECK(a.err.empty());
  }
  CHECK_THAT(run({"--version"}).out, Catch::Matches("troupe [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST_CASE("a command line that cannot be followed is one line on standard error and status 2") {
  auto says = [](words const& args, std::string const& text) {
    auto a = run(args);
    CHECK(a.status == 2);
    CHECK(a.err == text);
    CHECK(a.out.empty());
  };
  says({"schedule"}, "troupe: there is no command 'schedule'; did you mean 'scheduler'?\n");
  says({"--prot"}, "troupe: there is no option '--prot'; --help shows those there are\n");
  says({"scheduler", "--port", "web"},
       "troupe scheduler: --port takes a port or a range of ports such as 9000:9010, not 'web'\n");
  says({"scheduler", "--prot", "1"}, "troupe scheduler: there is no option '--prot'; did you mean '--port'?\n");
  says({"worker", "h", "--nthreads", "-2"}, "troupe worker: --nthreads takes a number from 0 on, not '-2'\n");
  says({"worker"},
       "troupe worker: a worker needs the address of its scheduler, such as tcp://host:8786, or --scheduler-file\n");
  CHECK(run({}).status == 2);
}

TEST_CASE("a command that cannot be served is not offered") {
  scratch out, err;
  CHECK(troupe_command({"status", "h"}, {}, out.file(), err.file()) == 2);
  CHECK(err.text() == "troupe: there is no command 'status'; --help shows those there are\n");
  CHECK(troupe_command({"--help"}, {}, out.file(), err.file()) == 0);
  CHECK_THAT(out.text(), !Catch::Contains("status"));
}
