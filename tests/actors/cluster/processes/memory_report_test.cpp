#include "support/sanitized.hpp"

#include <troupe/actors/cluster/local_cluster.hpp>
#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>
#include <malloc.h>

#include <cmath>
#include <cstdint>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using troupe::block_on;

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;
constexpr std::uint64_t gibibyte = std::uint64_t{1} << 30;

std::vector<double> block(int i) { return std::vector<double>(64 * mebibyte / sizeof(double), double(i)); }
int tiny() { return 1; }

/// What the kernel says can be taken without swapping.
std::uint64_t available_memory() {
  std::ifstream in("/proc/meminfo");
  std::string name;
  for (std::uint64_t kibibytes = 0; in >> name >> kibibytes; in.ignore(100, '\n'))
    if (name == "MemAvailable:") return kibibytes << 10;
  return 0;
}

bool alike(std::uint64_t a, std::uint64_t b) { return std::abs(double(a) - double(b)) <= 0.05 * double(b); }

}  // namespace

TEST_CASE("what is stored on a worker changes managed bytes and those of its process alike") {
  if (troupe::test::sanitized) return;
  if (available_memory() < 4 * gibibyte) {
    WARN("left out: this needs 4 GiB of free memory, and there are " << available_memory() / mebibyte << " MiB");
    return;
  }
  troupe::runtime in;
  troupe::local_cluster cluster(
      in, troupe::cluster_options{}.workers(1).threads_per_worker(2).memory_limit(8 * gibibyte).processes());
  auto client = cluster.connect();
  auto now = [&] { return block_on(client.memory_report()).workers.at(0); };
  CHECK(client.submit<tiny>().get() == 1);
  auto before = now();
  CHECK(before.managed == 0);
  CHECK(before.limit == 8 * gibibyte);

  std::vector<troupe::future<std::vector<double>>> kept;
  for (int i = 0; i < 16; ++i) kept.push_back(client.submit<block>(i));
  for (auto const& f : kept)
    while (!f.done()) std::this_thread::yield();
  auto full = now();
  CAPTURE(before.process, full.process);
  CHECK(alike(full.managed - before.managed, gibibyte));
  CHECK(alike(full.process - before.process, full.managed - before.managed));
  CHECK(full.most_managed >= full.managed);
  CHECK(full.spilled == 0);

  kept.clear();
  while (now().managed > 0) std::this_thread::yield();
  auto after = now();
  CAPTURE(after.process);
  CHECK(alike(full.process - after.process, full.managed));
  CHECK(after.most_managed >= full.managed);
}
