#include "../cluster/support/captured.hpp"
#include "support/stage.hpp"

#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

/// Files of spilled values that are gone, or not what was written, when they are to be read.
namespace {

namespace fs = std::filesystem;
using troupe::block_on;
using troupe::on_workers;
using troupe::task_options;
using troupe::test::eventually;
using troupe::test::failure_of;
using troupe::test::linked_cluster;
using troupe::test::pointer_to;

using numbers = std::vector<double>;
using count = std::atomic<int>;

constexpr int size = 250'000;
constexpr std::size_t size_in_bytes = size * sizeof(double);

/// Too much for a worker's memory.
numbers made(int first, pointer_to<count> runs) {
  ++**runs;
  numbers all(size);
  for (int i = 0; i < size; ++i) all[std::size_t(i)] = first + i;
  return all;
}
double last_of(numbers const& all) { return all.back(); }
double sum_of_ends(numbers const& a, numbers const& b) { return a.front() + b.back(); }

enum class damage { removed, cut_short, overwritten };

/// Of all spilled values of the worker; says how many.
int harm_files(troupe::task_context& worker, damage how) {
  int harmed = 0;
  for (auto const& file : fs::directory_iterator(fs::path(worker.local_directory()) / "spilled")) {
    ++harmed;
    auto half = file.file_size() / 2;
    if (how == damage::removed) fs::remove(file);
    if (how == damage::cut_short) fs::resize_file(file, half);
    if (how == damage::overwritten) {
      std::fstream in_place(file.path(), std::ios::in | std::ios::out | std::ios::binary);
      in_place.seekp(static_cast<std::streamoff>(half));
      in_place << "not what was there before";
    }
  }
  return harmed;
}

/// One that keeps lineage, whose workers keep none of these values in memory.
struct scene {
  explicit scene(std::uint32_t workers = 1)
      : cluster(troupe::cluster_options{}.workers(workers).threads_per_worker(1).memory_limit(2'000'000)),
        client(cluster.connect("client")) {}

  [[nodiscard]] troupe::client on(std::string const& worker) const {
    return client.with(task_options{}.workers(on_workers(worker)));
  }
  void until_spilled(std::size_t values, std::string const& worker = "worker-0") const {
    eventually([&] {
      auto use = block_on(client.memory_report(on_workers(worker))).workers.at(0);
      return use.spilled == values * size_in_bytes + use.spilled % size_in_bytes && use.managed < size_in_bytes;
    });
  }
  void harm(damage how = damage::removed, std::string const& worker = "worker-0") const {
    CHECK(on(worker).submit<harm_files>(how).get() > 0);
  }

  linked_cluster cluster;
  troupe::client client;
};

}  // namespace

TEST_CASE("a spilled value whose file is gone or damaged is computed again for the task that takes it") {
  auto how = GENERATE(damage::removed, damage::cut_short, damage::overwritten);
  scene s;
  count runs = 0;
  auto value = s.client.submit<made>(3, pointer_to<count>(&runs));
  s.until_spilled(1);
  s.harm(how);
  CHECK(runs == 1);
  auto said = troupe::test::captured(2, [&] { CHECK(s.client.submit<last_of>(value).get() == 3 + size - 1); });
  CHECK(runs == 2);
  CHECK(said.find("/spilled/") != std::string::npos);
  CHECK(said.find(" is lost: ") == said.rfind(" is lost: "));
  CHECK(s.client.submit<last_of>(value).get() == 3 + size - 1);
  CHECK(runs == 2);
}

TEST_CASE("all that a task takes and that is gone is computed again") {
  scene s;
  count runs = 0;
  auto a = s.client.submit<made>(1, pointer_to<count>(&runs));
  auto b = s.client.submit<made>(2, pointer_to<count>(&runs));
  s.until_spilled(2);
  s.harm();
  CHECK(s.client.submit<sum_of_ends>(a, b).get() == 1 + 2 + size - 1);
  CHECK(runs == 4);
}

TEST_CASE("a spilled value whose file is gone is computed again for the client that reads it") {
  scene s;
  count runs = 0;
  auto value = s.client.submit<made>(3, pointer_to<count>(&runs));
  s.until_spilled(1);
  s.harm();
  CHECK(value.get().back() == 3 + size - 1);
  CHECK(runs == 2);
}

TEST_CASE("a spilled value whose file is gone is computed again for a task of another worker") {
  scene s(2);
  count runs = 0;
  auto value = s.on("worker-0").submit<made>(3, pointer_to<count>(&runs));
  s.until_spilled(1);
  s.harm();
  CHECK(s.on("worker-1").submit<last_of>(value).get() == 3 + size - 1);
  CHECK(runs == 2);
}

TEST_CASE("scattered data whose file is gone fails who needs it, with the names of the data and of the file") {
  scene s;
  auto data = block_on(s.client.scatter(numbers(size, 1.0)));
  s.until_spilled(1);
  s.harm();
  using Catch::Contains;
  auto reader = s.client.submit<last_of>(data);
  std::string problem = failure_of<troupe::error>(reader).what();
  CHECK_THAT(problem, Contains("the result of " + data.key() + " cannot be computed again"));
  CHECK_THAT(problem, Contains("/spilled/"));
  CHECK_THAT(problem, Contains("No such file"));
  // Whoever comes later hears the same.
  CHECK(failure_of<troupe::error>(s.client.submit<last_of>(data)).what() == problem);
}

TEST_CASE("scattered data whose file is gone fails the client that reads it") {
  scene s;
  auto data = block_on(s.client.scatter(numbers(size, 1.0)));
  s.until_spilled(1);
  s.harm();
  std::string problem = failure_of<troupe::error>(data).what();
  CHECK_THAT(problem, Catch::Contains(data.key()));
  CHECK_THAT(problem, Catch::Contains("/spilled/"));
}
