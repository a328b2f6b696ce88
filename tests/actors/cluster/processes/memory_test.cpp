#include "../../client/support/folder.hpp"
#include "support/cluster.hpp"
#include "support/sanitized.hpp"

#include <troupe/actors/cluster/local_cluster.hpp>
#include <troupe/actors/cluster/status.hpp>
#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using troupe::test::process_cluster;
using troupe::test::sanitized;

std::vector<double> zeros(int n) { return std::vector<double>(std::size_t(n), 0.0); }

/// Takes memory that no result accounts for.
std::size_t occupy(std::size_t bytes) {
  static std::vector<char> memory;
  memory = std::vector<char>(bytes, 'x');
  return memory.size();
}

/// Takes more memory than its process may have, and does not stop; where another did so before it ends.
int hog_once(std::string const& marker, std::size_t bytes) {
  if (std::filesystem::exists(marker)) return ::getpid();
  std::ofstream(marker) << ::getpid();
  occupy(bytes);
  for (;;) ::pause();
}

std::vector<double> filled(int seed, int n) {
  std::vector<double> values(static_cast<std::size_t>(n));
  // No two blocks are alike: they do not shrink.
  std::uint64_t x = static_cast<std::uint64_t>(seed) + 1;
  for (auto& v : values) v = static_cast<double>((x = x * 6364136223846793005U + 1442695040888963407U) >> 11);
  return values;
}
double first_and_last(std::vector<double> const& values) { return values.front() + values.back(); }

/// Of the spilled values below a worker's local directory.
std::uint64_t bytes_in(std::filesystem::path const& folder) {
  std::uint64_t sum = 0;
  std::error_code gone;
  for (std::filesystem::recursive_directory_iterator at(folder, gone), end; !gone && at != end; at.increment(gone))
    if (at->path().parent_path().filename() == "spilled") sum += at->file_size(gone);
  return sum;
}

/// What the process takes decides nothing.
std::vector<std::string> const by_their_own_count{"--memory-spill", "0", "--memory-pause", "0"};

constexpr std::uint64_t much = 96 << 20;
constexpr int count = 1'000'000;

}  // namespace

TEST_CASE("a cluster tells of each worker what results it holds and what memory its process uses") {
  process_cluster cluster;
  cluster.add_worker("only");
  auto client = cluster.connect();
  auto only = [&] { return client.cluster_info().get().workers.at(0); };
  auto begin = only();
  CHECK(begin.process_memory > 0);
  CHECK(begin.stored_bytes == 0);

  auto kept = client.submit<zeros>(count);
  while (!kept.done()) std::this_thread::yield();
  CHECK(only().stored_bytes >= count * sizeof(double));
  CHECK(client.submit<occupy>(much).get() == much);
  while (only().process_memory < begin.process_memory + much) std::this_thread::yield();
  // What the other task gave goes as soon as the scheduler hears that nobody wants it.
  while (only().stored_bytes > count * sizeof(double)) std::this_thread::yield();

  auto status = troupe::fetch_status(cluster.address(), 60s).workers.at(0);
  CHECK(status.stored_bytes == only().stored_bytes);
  CHECK(status.process_memory >= much);
}

TEST_CASE("data that is larger than the memory of its worker finishes, by way of files that go with it") {
  troupe::test::lines said;
  process_cluster cluster;
  constexpr std::uint64_t limit = 128 << 20;
  constexpr int values = 40;  // of 8 MB each
  troupe::test::folder folder;
  auto arguments = by_their_own_count;
  arguments.insert(arguments.end(), {"--name", "small", "--no-nanny", "--memory-limit", std::to_string(limit),
                                     "--local-directory", folder.path().string()});
  cluster.begin_worker(arguments, said);
  cluster.wait_for_workers(1);
  auto client = cluster.connect();
  std::vector<int> seeds(values);
  std::iota(seeds.begin(), seeds.end(), 0);
  auto kept = client.map<filled>(seeds, troupe::fixed(count));
  for (auto const& f : kept)
    while (!f.done()) std::this_thread::yield();
  while (bytes_in(folder.path()) < values * count * sizeof(double) / 2) std::this_thread::yield();
  // What a task needs comes back, and so does what a client reads.
  auto checked = client.map<first_and_last>(kept);
  for (int i = 0; i < values; ++i) {
    auto expected = filled(i, count);
    CHECK(checked[std::size_t(i)].get() == first_and_last(expected));
    if (i % 8 == 0) CHECK((kept[std::size_t(i)].get() == expected));
  }
  if (!sanitized) CHECK(client.cluster_info().get().workers.at(0).process_memory < 2 * limit);
  kept.clear();
  while (bytes_in(folder.path()) > 0) std::this_thread::yield();
}

TEST_CASE("where the files of values find no room, the values stay in memory and the worker goes on") {
  troupe::test::lines said;
  process_cluster cluster;
  troupe::test::folder folder;
  auto arguments = by_their_own_count;
  arguments.insert(arguments.end(), {"--name", "full", "--no-nanny", "--memory-limit", std::to_string(64 << 20),
                                     "--local-directory", folder.path().string()});
  cluster.begin_worker(arguments, said, {}, {"sh", "-c", "trap '' XFSZ; ulimit -f 128; exec \"$@\"", "sh"});
  cluster.wait_for_workers(1);
  auto client = cluster.connect();
  std::vector<int> seeds(10);
  std::iota(seeds.begin(), seeds.end(), 0);
  auto kept = client.map<filled>(seeds, troupe::fixed(count));
  auto said_so = [&] {
    auto all = said.all();
    return std::any_of(all.begin(), all.end(), [](std::string const& line) {
      return line.find("values stay in memory: ") != std::string::npos &&
             line.find("File too large") != std::string::npos;
    });
  };
  while (!said_so()) std::this_thread::yield();
  for (int i = 0; i < 10; ++i) CHECK((kept[std::size_t(i)].get() == filled(i, count)));
  CHECK(bytes_in(folder.path()) == 0);
}

TEST_CASE("a process that takes too much begins nothing new until it takes less") {
  if (sanitized) return;
  troupe::test::lines said;
  process_cluster cluster;
  cluster.begin_worker({"--name", "short", "--no-nanny", "--memory-limit", std::to_string(2 * much)}, said);
  cluster.wait_for_workers(1);
  auto client = cluster.connect();
  CHECK(client.submit<occupy>(2 * much).get() == 2 * much);
  while (!says(said, "nothing new begins until that is less")) std::this_thread::yield();
  auto waiting = client.submit<occupy>(1);
  // What looks at workers is no load; this lets memory go.
  static_cast<void>(troupe::block_on(client.run<occupy>(std::size_t{1})));
  CHECK(waiting.get() == 1);
  // Its lines come by way of a pipe.
  while (!says(said, "tasks begin again")) std::this_thread::yield();
}

TEST_CASE("a worker process of a program's own cluster that takes more than its memory is killed and started again") {
  constexpr std::size_t limit = std::size_t{512} << 20;
  troupe::test::folder folder;
  auto marker = (folder.path() / "marker").string();
  troupe::runtime in;
  troupe::local_cluster cluster(
      in, troupe::cluster_options{}.workers(1).threads_per_worker(1).memory_limit(limit).processes());
  auto after = cluster.connect().submit<hog_once>(marker, limit).get();
  int before = 0;
  std::ifstream(marker) >> before;
  CHECK(before != 0);
  CHECK(after != before);
}
