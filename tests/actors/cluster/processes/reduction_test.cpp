#include "support/sanitized.hpp"

#include <troupe/actors/cluster/local_cluster.hpp>
#include <troupe/actors/worker/task_context.hpp>
#include <troupe/futures/run_loop.hpp>

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

/// Data that is larger than the memory of all workers goes through them.
namespace {

using chunk = std::vector<std::uint64_t>;

constexpr std::uint64_t chunk_bytes = std::uint64_t{256} << 10;
constexpr std::uint64_t chunk_items = chunk_bytes / sizeof(std::uint64_t);

chunk make(std::uint64_t seed) {
  chunk values(chunk_items);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = seed + i;
  return values;
}
chunk combine(chunk const& a, chunk const& b) {
  chunk sum(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) sum[i] = a[i] + b[i];
  return sum;
}
/// Ends when the whole tree is with the scheduler: leaves that ran before would have nobody to use them up.
troupe::task<int> begin(troupe::task_context& context) {
  auto submitted = context.client().event("submitted").wait();
  co_await submitted;
  co_return 0;
}
int last() { return 0; }

}  // namespace

TEST_CASE("a reduction of five times the memory of a cluster needs memory for its threads and its depth alone") {
  constexpr std::uint32_t workers = 2, threads = 2;
  constexpr std::uint64_t limit = std::uint64_t{64} << 20;
  constexpr std::uint64_t leaves = 5 * workers * limit / chunk_bytes;
  // Sanitizers take more than that limit for themselves, and all ways are long with them: with the memory that workers
  // have then they are given more ahead than this bound allows. The sums and that nothing is spilled are judged then.
  auto const allowed = troupe::test::sanitized ? 64 * limit : limit;
  troupe::runtime in;
  troupe::local_cluster cluster(
      in, troupe::cluster_options{}.workers(workers).threads_per_worker(threads).memory_limit(allowed).processes());
  auto client = cluster.connect();

  auto begun = client.submit<begin>();
  auto leaf = client.with(troupe::task_options{}.after(begun));
  std::vector<troupe::future<chunk>> level;
  for (std::uint64_t i = 0; i < leaves; ++i) level.push_back(leaf.submit<make>(i));
  while (level.size() > 1) {
    std::vector<troupe::future<chunk>> next;
    for (std::size_t i = 0; i + 1 < level.size(); i += 2)
      next.push_back(client.submit<combine>(level[i], level[i + 1]));
    if (level.size() % 2) next.push_back(level.back());
    level = std::move(next);
  }
  client.submit<last>().get();
  client.event("submitted").set().get();
  auto const& sum = level.front().get();
  REQUIRE(sum.size() == chunk_items);
  bool right = true;
  for (std::uint64_t i = 0; i < chunk_items; ++i) right = right && sum[i] == leaves * (leaves - 1) / 2 + leaves * i;
  CHECK(right);

  auto report = troupe::block_on(client.memory_report());
  INFO(to_string(report));
  REQUIRE(report.workers.size() == workers);
  std::uint64_t stored = 0;
  for (auto const& worker : report.workers) {
    stored += worker.most_managed;
    CHECK(worker.spilled == 0);
    CHECK((troupe::test::sanitized || worker.process < limit));
  }
  auto const most = 1.2 * workers * threads * (std::log2(double(leaves)) + 1) * double(chunk_bytes);
  CHECK((troupe::test::sanitized || double(stored) <= most));
}
