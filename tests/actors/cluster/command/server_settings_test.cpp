#include <troupe/actors/cluster/command/server_settings.hpp>
#include <troupe/actors/cluster/command/worker_command.hpp>

#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <utility>

namespace {

using namespace troupe::detail;

config with(std::map<std::string, std::string> const& settings) {
  config c;
  for (auto const& [key, value] : settings) c.set(key, value, "--" + key.substr(key.rfind('.') + 1));
  return c;
}

std::pair<unsigned, unsigned> shape(unsigned cores, std::map<std::string, std::string> const& settings) {
  auto s = shape_of(with(settings), {cores, 0});
  return {s.workers, s.threads};
}

std::uint64_t limit(std::string const& text, std::uint32_t threads) {
  return memory_limit_of(with({{"worker.memory-limit", text}}), {8, 16'000'000'000}, threads);
}

std::string listen(std::map<std::string, std::string> const& settings) {
  return endpoint_of(with(settings), "worker").listen;
}

}  // namespace

TEST_CASE("one worker has all processors, several share them") {
  CHECK(shape(8, {}) == std::pair(1U, 8U));
  CHECK(shape(8, {{"worker.nworkers", "4"}}) == std::pair(4U, 2U));
  CHECK(shape(8, {{"worker.nworkers", "3"}}) == std::pair(3U, 2U));
  CHECK(shape(2, {{"worker.nworkers", "4"}}) == std::pair(4U, 1U));
  CHECK(shape(8, {{"worker.nworkers", "4"}, {"worker.nthreads", "5"}}) == std::pair(4U, 5U));
}

TEST_CASE("a negative number of workers counts from the processors") {
  CHECK(shape(8, {{"worker.nworkers", "-1"}}) == std::pair(8U, 1U));
  CHECK(shape(8, {{"worker.nworkers", "-5"}}) == std::pair(4U, 2U));
  CHECK_THROWS_WITH(shape(2, {{"worker.nworkers", "-3"}}), "--nworkers leaves no worker on 2 processors: '-3'");
}

TEST_CASE("auto divides the processors between processes and threads") {
  auto automatic = [](unsigned cores) { return shape(cores, {{"worker.nworkers", "auto"}}); };
  CHECK(automatic(1) == std::pair(1U, 1U));
  CHECK(automatic(2) == std::pair(2U, 1U));
  CHECK(automatic(4) == std::pair(4U, 1U));
  CHECK(automatic(5) == std::pair(5U, 1U));
  CHECK(automatic(8) == std::pair(4U, 2U));
  CHECK(automatic(12) == std::pair(4U, 3U));
  CHECK(automatic(16) == std::pair(4U, 4U));
  CHECK(automatic(32) == std::pair(8U, 4U));
  CHECK(automatic(96) == std::pair(12U, 8U));
  CHECK_THROWS_AS(shape(8, {{"worker.nworkers", "auto"}, {"worker.nthreads", "2"}}), usage_error);
}

TEST_CASE("a memory limit is a size, a share of the machine, or goes by the threads") {
  CHECK(limit("4GB", 8) == 4'000'000'000);
  CHECK(limit("0", 8) == 0);
  CHECK(limit("0.5", 8) == 8'000'000'000);
  CHECK(limit("1", 8) == 16'000'000'000);
  CHECK(limit("1.0", 8) == 16'000'000'000);
  CHECK(limit("auto", 8) == 16'000'000'000);
  CHECK(limit("auto", 2) == 4'000'000'000);
  CHECK(limit("AUTO", 32) == 16'000'000'000);
  CHECK(limit("64GB", 8) == 16'000'000'000);
  CHECK(limit("4000000000", 8) == 4'000'000'000);
}

TEST_CASE("a server listens everywhere unless a host or an interface is named") {
  CHECK(listen({}) == "tcp://0.0.0.0:0");
  CHECK(listen({{"worker.port", "9000:9010"}}) == "tcp://0.0.0.0:9000-9010");
  CHECK(listen({{"worker.host", "10.0.0.1"}, {"worker.port", "9000"}}) == "tcp://10.0.0.1:9000");
  CHECK(listen({{"worker.host", "::1"}}) == "tcp://[::1]:0");
  CHECK(listen({{"worker.host", "[::1]"}}) == "tcp://[::1]:0");
  CHECK(listen({{"worker.interface", "lo"}}) == "tcp://127.0.0.1:0");
  CHECK(endpoint_of(config(), "scheduler").listen == "tcp://0.0.0.0:8786");
}

TEST_CASE("hosts and interfaces that cannot be are told with their option") {
  CHECK_THROWS_WITH(listen({{"worker.host", "a:1"}}), "--host takes a host without a port, not 'a:1'");
  CHECK_THROWS_AS(listen({{"worker.host", "a b"}}), usage_error);
  CHECK_THROWS_WITH(
      listen({{"worker.interface", "nic9"}}),
      Catch::StartsWith("--interface 'nic9' is no interface of this machine; it has ") && Catch::Contains("lo"));
  CHECK_THROWS_WITH(listen({{"worker.interface", "lo"}, {"worker.host", "h"}}),
                    "--interface 'lo' cannot be given together with --host 'h'");
}

TEST_CASE("a contact address takes the port that is listened on, where one is fixed") {
  auto contact = [](std::map<std::string, std::string> const& settings) {
    return endpoint_of(with(settings), "worker").contact;
  };
  CHECK(contact({}).empty());
  CHECK(contact({{"worker.contact-address", "gateway:99"}}) == "tcp://gateway:99");
  CHECK(contact({{"worker.contact-address", "gateway"}, {"worker.port", "9000"}}) == "tcp://gateway:9000");
  CHECK_THROWS_WITH(contact({{"worker.contact-address", "gateway"}}),
                    "--contact-address needs a port, since none is fixed to listen on: 'gateway'");
  CHECK_THROWS_AS(contact({{"worker.contact-address", "http://x"}}), usage_error);
}
