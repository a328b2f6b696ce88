#include "../client/support/stage.hpp"
#include "processes/support/sanitized.hpp"

#include <troupe/actors/client/data.hpp>
#include <troupe/actors/cluster/internal/memory_watch.hpp>
#include <troupe/actors/cluster/local_cluster.hpp>
#include <troupe/actors/cluster/process/memory.hpp>
#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

/// Workers inside of this program, and the memory that the program takes.
namespace {

namespace fs = std::filesystem;
using troupe::block_on;
using troupe::cluster_options;
using troupe::future;
using troupe::local_cluster;
using troupe::test::eventually;
using troupe::test::failure_of;
using troupe::test::gate;
using troupe::test::gate_ref;
using troupe::test::sanitized;

using numbers = std::vector<double>;

constexpr std::uint64_t megabyte = 1'000'000;

int inc(int x) { return x + 1; }
numbers block_of(int n) { return numbers(megabyte, n); }  // 8 MB
double last_of(numbers const& block, double held) { return block.back() + held; }
double pass(gate_ref g) {
  (*g)->pass();
  return 0;
}
int remove_files(troupe::task_context& worker) {
  int removed = 0;
  for (auto const& file : fs::directory_iterator(fs::path(worker.local_directory()) / "spilled"))
    removed += fs::remove(file) ? 1 : 0;
  return removed;
}

/// Memory of this program that is no result; gone at the end, whatever keeps memory that is freed.
class taken {
 public:
  explicit taken(std::size_t bytes)
      : size_(bytes),
        begin_(::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0)) {
    REQUIRE(begin_ != MAP_FAILED);
  }
  taken(taken const&) = delete;
  taken& operator=(taken const&) = delete;
  ~taken() { ::munmap(begin_, size_); }

 private:
  std::size_t size_;
  void* begin_;
};

/// The results of tasks lie between them: nobody but tasks that wait for a gate holds them.
class held_results {
 public:
  /// The gate outlives the cluster.
  held_results(troupe::client const& client, gate& g, int count) : gate_(g), opens_(g) {
    auto held = client.submit<pass>(gate_ref(&g));
    for (int i = 0; i < count; ++i) {
      auto block = client.submit<block_of>(i);
      keys_.push_back(block.key());
      ends_.push_back(client.submit<last_of>(block, held));
    }
    eventually([&] { return client.cluster_info().get().stored_bytes >= std::size_t(count) * 8 * megabyte; });
  }
  [[nodiscard]] std::vector<std::string> const& keys() const noexcept { return keys_; }
  /// What is made of them, once the gate is open.
  [[nodiscard]] std::vector<future<double>> const& ends() {
    gate_.open();
    return ends_;
  }

 private:
  gate& gate_;
  troupe::test::opened_at_end opens_;
  std::vector<std::string> keys_;
  std::vector<future<double>> ends_;
};

std::uint64_t spilled_on(troupe::client const& client) {
  std::uint64_t sum = 0;
  for (auto const& worker : block_on(client.memory_report()).workers) sum += worker.spilled;
  return sum;
}

bool is_paused(troupe::client const& client, future<int> const& waiting) {
  return client.explain(waiting).get().find("takes less memory") != std::string::npos;
}

}  // namespace

TEST_CASE("workers of one program move values to files when the program takes too much, whatever values take") {
  troupe::runtime in;
  gate g;
  local_cluster cluster(in, cluster_options{}
                                .workers(2)
                                .threads_per_worker(2)
                                .memory_limit(100 * megabyte)
                                .memory_target(0)
                                .memory_spill(0.7)
                                .memory_pause(0));
  auto client = cluster.connect();
  held_results results(client, g, 10);  // 80 MB of 200
  if (!sanitized) CHECK(spilled_on(client) == 0);
  taken other(100 * megabyte);
  eventually([&] { return spilled_on(client) >= 32 * megabyte; });
  auto const& ends = results.ends();
  for (int i = 0; i < 10; ++i) CHECK(ends[std::size_t(i)].get() == i);
}

TEST_CASE("workers of one program begin nothing new while it takes too much, and go on when it does not") {
  troupe::runtime in;
  gate g;
  local_cluster cluster(in, cluster_options{}.workers(2).threads_per_worker(1).memory_limit(50 * megabyte));
  auto client = cluster.connect();
  troupe::test::opened_at_end opens(g);
  // Something runs: what it frees is waited for.
  auto runs = client.submit<pass>(gate_ref(&g));
  g.wait_for(1);
  auto other = std::make_unique<taken>(100 * megabyte);
  std::vector<future<int>> waiting;
  eventually([&] {
    waiting.push_back(client.submit<inc>(1));
    return is_paused(client, waiting.back());
  });
  waiting.push_back(client.submit<inc>(1));
  CHECK_FALSE(waiting.back().done());
  other = nullptr;
  for (auto const& f : waiting) CHECK(f.get() == 2);
  CHECK_FALSE(runs.done());
}

TEST_CASE("workers of a program that keeps its memory go on all the same, where nothing else can free it") {
  troupe::runtime in;
  local_cluster cluster(in, cluster_options{}.workers(2).threads_per_worker(1).memory_limit(50 * megabyte));
  auto client = cluster.connect();
  taken other(200 * megabyte);
  auto paused = client.submit<inc>(0);
  eventually([&] {
    if (paused.done()) paused = client.submit<inc>(0);
    return is_paused(client, paused);
  });
  CHECK(paused.get() == 1);
  // Wherever it has to run, and though what runs waits for it.
  for (auto const* worker : {"worker-0", "worker-1"}) {
    auto there = client.with(troupe::task_options{}.workers(troupe::on_workers(worker)));
    CHECK(there.submit<inc>(1).get() == 2);
  }
  auto nested = [](troupe::task_context& context) -> troupe::task<int> {
    auto inner = context.client().submit<inc>(2);
    co_return co_await inner;
  };
  CHECK(client.submit(nested).get() == 3);
}

TEST_CASE("a program's limits and what it took before its first worker are counted, and cannot exceed what there is") {
  auto half = troupe::detail::usable_memory() / 2;
  troupe::detail::memory_in_program first(1000);
  auto begin = troupe::detail::memory_in_program::get();
  CHECK(begin.taken_before > 0);
  CHECK(begin.allowed == 1000);
  {
    troupe::detail::memory_in_program second(500);
    CHECK(troupe::detail::memory_in_program::get().allowed == 1500);
    troupe::detail::memory_in_program third(half);
    troupe::detail::memory_in_program fourth(half);
    troupe::detail::memory_in_program fifth(half);
    CHECK(troupe::detail::memory_in_program::get().allowed == troupe::detail::usable_memory() - begin.taken_before);
  }
  auto end = troupe::detail::memory_in_program::get();
  CHECK(end.allowed == 1000);
  CHECK(end.taken_before == begin.taken_before);
}

TEST_CASE("a share of memory that is none makes no cluster") {
  troupe::runtime in;
  CHECK_THROWS_WITH(local_cluster(in, cluster_options{}.memory_pause(1.5)),
                    "memory_pause(1.5): a share of the memory limit is from 0 to 1");
  CHECK_THROWS_WITH(local_cluster(in, cluster_options{}.memory_spill(-0.1)), Catch::Contains("memory_spill(-0.1)"));
  CHECK_THROWS_AS(local_cluster(in, cluster_options{}.memory_target(0.0 / 0.0)), troupe::error);
}

TEST_CASE("a spilled value of a program whose file is gone fails who needs it, with its name and that of the file") {
  troupe::runtime in;
  gate g;
  local_cluster cluster(
      in,
      cluster_options{}.workers(1).threads_per_worker(2).memory_limit(10 * megabyte).memory_spill(0).memory_pause(0));
  auto client = cluster.connect();
  held_results results(client, g, 3);
  eventually([&] { return spilled_on(client) >= 24 * megabyte; });
  CHECK(client.submit<remove_files>().get() == 3);
  auto const& ends = results.ends();
  for (std::size_t i = 0; i < ends.size(); ++i) {
    std::string problem = failure_of<troupe::error>(ends[i]).what();
    CHECK_THAT(problem, Catch::Contains(results.keys()[i]));
    CHECK_THAT(problem, Catch::Contains("/spilled/"));
  }
}
