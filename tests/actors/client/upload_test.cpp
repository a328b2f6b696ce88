#include "support/folder.hpp"
#include "support/stage.hpp"

#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

/// Files and libraries that are sent to workers. TASK_LIBRARIES comes from CMake: the folder of the test libraries.
namespace {

using Catch::Matchers::Contains;
using troupe::block_on;
using troupe::test::folder;
using troupe::test::read_file;
using troupe::test::stage;
using names = std::vector<std::string>;
using replies = std::map<std::string, std::string>;

std::string const libraries(TASK_LIBRARIES);

std::string content_of(troupe::worker_context& worker, std::string const& name) { return read_file(worker.file(name)); }
std::string place_of(troupe::worker_context& worker, std::string const& name) { return worker.file(name); }
std::string in_task(troupe::task_context& context, std::string const& name) { return read_file(context.file(name)); }
std::string folder_of(troupe::task_context& context) { return context.local_directory(); }

/// What the upload says instead of being done.
template <class T>
std::string problem_of(troupe::task<T> upload) {
  try {
    static_cast<void>(block_on(std::move(upload)));
  } catch (troupe::error const& e) {
    return e.what();
  }
  return "no error";
}

std::string noise(std::size_t size) {
  std::string text(size, ' ');
  std::uint32_t state = 1;
  for (auto& c : text) c = char((state = state * 1664525 + 1013904223) >> 24);
  return text;
}

}  // namespace

TEST_CASE("what an uploaded library exports is called by its name") {
  stage on(2);
  CHECK(block_on(on.client.upload_library(libraries + "/prices.so")) == names{"worker-0", "worker-1"});
  auto counted = on.client.submit<std::size_t>("count", std::vector<int>{1, 2, 3});
  CHECK(counted.get() == 3);
  auto greeted = on.client.submit<std::string>("greeting", "troupe");
  CHECK(greeted.get() == "hello troupe");
}

TEST_CASE("a library that is uploaded again is there already") {
  stage on(2);
  static_cast<void>(block_on(on.client.upload_library(libraries + "/prices.so")));
  CHECK(block_on(on.client.upload_library(libraries + "/prices.so")) == names{"worker-0", "worker-1"});
  auto other = on.cluster.connect();
  CHECK(block_on(other.upload_library(libraries + "/prices.so")) == names{"worker-0", "worker-1"});
  auto counted = other.submit<std::size_t>("count", std::vector<int>{1});
  CHECK(counted.get() == 1);
}

TEST_CASE("what is no library fails with each worker and its reason, and the cluster lives on") {
  stage on(2);
  folder here;
  CHECK_THAT(problem_of(on.client.upload_library(here.write("prices.so", "no library"))),
             Contains("prices.so could not be uploaded to 2 of 2 workers") && Contains("worker-0: ") &&
                 Contains("worker-1: ") && Contains("no ELF file"));
  CHECK_THAT(problem_of(on.client.upload_library(libraries + "/unresolved.so")), Contains("undefined symbol"));
  CHECK_THAT(problem_of(on.client.upload_library(libraries + "/no_tasks.so")), Contains("it has no tasks"));
  CHECK_THROWS_WITH(on.client.remove_upload("prices.so").get(), Contains("there is no upload 'prices.so'"));
  CHECK(block_on(on.client.run<content_of>(troupe::on_error::skip, "none")).empty());
}

TEST_CASE("a library that has another function of a known name is refused by name") {
  stage on;
  static_cast<void>(block_on(on.client.upload_library(libraries + "/discount.so")));
  CHECK(on.client.submit<int>("discount", 10).get() == 9);
  CHECK_THAT(problem_of(on.client.upload_library(libraries + "/other_discount.so")), Contains("discount"));
  CHECK(on.client.submit<int>("discount", 10).get() == 9);
}

TEST_CASE("tasks find an uploaded file by its name, on every worker") {
  stage on(2);
  folder here;
  auto text = std::string("a,b\n1,2\n");
  CHECK(block_on(on.client.upload_file(here.write("table.csv", text))) == names{"worker-0", "worker-1"});
  CHECK(block_on(on.client.run<content_of>("table.csv")) == replies{{"worker-0", text}, {"worker-1", text}});
  CHECK(on.client.submit<in_task>("table.csv").get() == text);
}

TEST_CASE("an uploaded file lies in the worker's local directory") {
  stage on;
  folder here;
  static_cast<void>(block_on(on.client.upload_file(here.write("here.txt", "x"))));
  auto path = std::filesystem::path(block_on(on.client.run<place_of>("here.txt")).begin()->second);
  auto directory = on.client.submit<folder_of>().get();
  CHECK(path.filename() == "here.txt");
  CHECK(std::filesystem::relative(path, directory).string().rfind("..", 0) == std::string::npos);
}

TEST_CASE("a file of many pieces arrives as it was, and so does an empty one") {
  stage on(2);
  folder here;
  auto large = noise((std::size_t{5} << 20) + 3);
  static_cast<void>(block_on(on.client.upload_file(here.write("large", large))));
  static_cast<void>(block_on(on.client.upload_file(here.write("empty", ""))));
  for (auto const& [worker, found] : block_on(on.client.run<content_of>("large"))) {
    CAPTURE(worker);
    CHECK((found == large));
  }
  CHECK(block_on(on.client.run<content_of>("empty")) == replies{{"worker-0", ""}, {"worker-1", ""}});
}

TEST_CASE("a file of a known name takes the place of the old one") {
  stage on;
  folder here;
  static_cast<void>(block_on(on.client.upload_file(here.write("data", "old"))));
  static_cast<void>(block_on(on.client.upload_file(here.write("data", "new"))));
  CHECK(on.client.submit<in_task>("data").get() == "new");
}

TEST_CASE("equal contents are stored once, whatever their names") {
  stage on;
  folder here;
  auto file = here.write("first", "the same");
  static_cast<void>(block_on(on.client.upload_file(file)));
  static_cast<void>(block_on(on.client.upload_file(file, "second")));
  auto first = block_on(on.client.run<place_of>("first")).begin()->second;
  auto second = block_on(on.client.run<place_of>("second")).begin()->second;
  CHECK(first != second);
  CHECK(std::filesystem::equivalent(first, second));
}

TEST_CASE("a file that cannot be read or named is refused before anything is sent") {
  stage on;
  folder here;
  CHECK_THAT(problem_of(on.client.upload_file("/there/is/none")), Contains("/there/is/none cannot be uploaded"));
  CHECK_THAT(problem_of(on.client.upload_file(here.path().string())), Contains("no regular file"));
  auto file = here.write("file", "x");
  for (auto const* name : {"../file", "a/b", "..", "."})
    CHECK_THAT(problem_of(on.client.upload_file(file, name)), Contains("without folders") && Contains(name));
  CHECK_THAT(problem_of(on.client.upload_file(file, std::string(256, 'x'))), Contains("1 to 255 bytes"));
}

TEST_CASE("a task that asks for a file that was never uploaded is told which there are") {
  stage on;
  folder here;
  static_cast<void>(block_on(on.client.upload_file(here.write("known", "x"))));
  auto f = on.client.submit<in_task>("unknown");
  CHECK_THROWS_WITH(f.get(), Contains("no file 'unknown' was uploaded; there are known"));
}

TEST_CASE("a client that has closed uploads nothing") {
  stage on;
  folder here;
  auto file = here.write("file", "x");
  on.client.close();
  CHECK_THROWS_AS(block_on(on.client.upload_file(file)), troupe::client_closed);
}

TEST_CASE("a local directory that cannot be used fails the upload and nothing else", "[one process]") {
  folder here;
  troupe::runtime in;
  troupe::local_cluster cluster(in, troupe::cluster_options{}.local_directory(here.write("file", "x") + "/below"));
  auto client = cluster.connect();
  CHECK_THAT(problem_of(client.upload_file(here.write("data", "x"))),
             Contains("worker-0: the local directory") && Contains("cannot be used: Not a directory"));
  CHECK(client.submit([](int x) { return x + 1; }, 1).get() == 2);
}

TEST_CASE("a local cluster leaves nothing in its local directory", "[one process]") {
  folder here;
  {
    troupe::runtime in;
    troupe::local_cluster cluster(in, troupe::cluster_options{}.local_directory(here.path() / "work"));
    auto client = cluster.connect();
    static_cast<void>(block_on(client.upload_file(here.write("data", "x"))));
    CHECK_FALSE(std::filesystem::is_empty(here.path() / "work"));
  }
  CHECK(std::filesystem::is_empty(here.path() / "work"));
}
