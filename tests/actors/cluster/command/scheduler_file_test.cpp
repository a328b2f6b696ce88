#include <troupe/actors/cluster/command/internal/scheduler_file.hpp>
#include <troupe/futures/errors.hpp>

#include <catch2/catch.hpp>

#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

using namespace std::chrono_literals;
using namespace troupe::detail;

TEST_CASE("a scheduler file is a line with the address, or JSON with it") {
  CHECK(address_in_scheduler_file("tcp://10.0.0.1:8786\n") == "tcp://10.0.0.1:8786");
  CHECK(address_in_scheduler_file("host\n") == "tcp://host:8786");
  CHECK(address_in_scheduler_file(R"({"type": "Scheduler", "address": "tcp://h:1", "workers": {}})") == "tcp://h:1");
}

TEST_CASE("a scheduler file that is not whole yet has no address") {
  for (auto text : {"", "\n", "tcp://10.0.0.1:87", "{\"address\": \"tcp://h:1"})
    CHECK_FALSE(address_in_scheduler_file(text));
}

TEST_CASE("what is no scheduler file is an error") {
  CHECK_THROWS_WITH(address_in_scheduler_file("{\"a\": 1}"), "there is no \"address\" in it");
  CHECK_THROWS_AS(address_in_scheduler_file("hello world\n"), troupe::error);
  CHECK_THROWS_AS(address_in_scheduler_file("{[}"), troupe::error);
}

TEST_CASE("a scheduler file is read, or waited for in vain") {
  std::string path = (std::filesystem::temp_directory_path() / "troupe-file-XXXXXX").string();
  ::close(::mkstemp(path.data()));
  CHECK_THROWS_WITH(read_scheduler_file(path, 0s),
                    "the scheduler file '" + path + "' did not get an address within 0s");
  std::ofstream(path) << "tcp://h:1\n";
  CHECK(read_scheduler_file(path, 0s) == "tcp://h:1");
  std::ofstream(path) << "nothing of the kind\n";
  CHECK_THROWS_WITH(read_scheduler_file(path, 0s),
                    Catch::StartsWith("the scheduler file '" + path + "' has no address: "));
  std::filesystem::remove(path);
  CHECK_THROWS_WITH(read_scheduler_file(path, 0s), "the scheduler file '" + path + "' did not come within 0s");
}
