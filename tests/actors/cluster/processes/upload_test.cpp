#include "../../client/support/folder.hpp"
#include "support/cluster.hpp"

#include <troupe/actors/worker/task_context.hpp>
#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <csignal>
#include <future>
#include <string>
#include <vector>

/// Uploads where scheduler, workers and client are processes.
namespace {

using Catch::Matchers::Contains;
using troupe::block_on;
using troupe::test::folder;
using troupe::test::read_file;
using names = std::vector<std::string>;

std::string content(troupe::task_context& context, std::string const& name) { return read_file(context.file(name)); }

}  // namespace

TEST_CASE("workers that join later have uploaded libraries and files before they get tasks") {
  troupe::test::process_cluster cluster;
  auto& first = cluster.add_worker("first");
  auto client = cluster.connect();
  folder here;
  CHECK(block_on(client.upload_library(TEST_PRICES)) == names{"first"});
  CHECK(block_on(client.upload_file(here.write("data", "for all"))) == names{"first"});
  CHECK(client.submit<std::size_t>("count", std::vector<int>{1, 2}).get() == 2);
  first.send_signal(SIGKILL);
  static_cast<void>(first.wait());
  cluster.wait_for_workers(0);
  // Waits for a worker, whichever comes.
  auto waiting = client.submit<content>("data");
  cluster.add_worker("second");
  CHECK(waiting.get() == "for all");
  CHECK(client.submit<std::size_t>("count", std::vector<int>{1, 2, 3}).get() == 3);
  CHECK(client.submit<content>("data").get() == "for all");
}

TEST_CASE("an upload waits for a worker where there is none, and reaches it") {
  troupe::test::process_cluster cluster;
  auto client = cluster.connect();
  folder here;
  auto file = here.write("data", "early");
  auto uploading = std::async(std::launch::async, [&] { return block_on(client.upload_file(file)); });
  cluster.add_worker("first");
  CHECK(uploading.get() == names{"first"});
  CHECK(client.submit<content>("data").get() == "early");
}

TEST_CASE("what no worker could load keeps nobody from joining") {
  troupe::test::process_cluster cluster;
  cluster.add_worker("first");
  auto client = cluster.connect();
  folder here;
  CHECK_THROWS_WITH(block_on(client.upload_library(here.write("library.so", "none"))),
                    Contains("library.so could not be uploaded to 1 of 1 workers: first: ") && Contains("no ELF file"));
  cluster.add_worker("second");
  CHECK(block_on(client.upload_library(TEST_PRICES)) == names{"first", "second"});
}

TEST_CASE("workers of the command run what is uploaded") {
  troupe::test::process_cluster cluster;
  cluster.add_troupe_worker("shop", TEST_PRICES);
  auto client = cluster.connect();
  // It is loaded already, from another place.
  CHECK(block_on(client.upload_library(TEST_PRICES)) == names{"shop"});
  CHECK(client.submit<std::size_t>("count", std::vector<int>{1}).get() == 1);
}
