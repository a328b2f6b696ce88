#include "figures.hpp"
#include "sample_values.hpp"
#include "tcp_cluster.hpp"

#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/wait.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>

namespace troupe::bench {

std::int64_t bulk_task(std::int64_t x) { return x; }
std::int64_t small_call(std::int64_t x) { return x + 1; }

namespace {

constexpr std::size_t bulk = 1'000'000;

/// Round trips of one client while another submits a million tasks and waits for them.
sample run_ingest(tcp_cluster& cluster, client const& other) {
  auto arguments = first_numbers(bulk);
  std::vector<double> times;
  std::atomic<bool> over{false};
  std::thread caller([&] {
    // Of the highest priority, so that it waits for the scheduler and not for its turn.
    auto urgent = other.with(task_options{}.priority(10));
    while (!over.load()) {
      auto begin = std::chrono::steady_clock::now();
      require(urgent.submit<small_call>(1).get() == 2, "result of a call");
      times.push_back(seconds_since(begin) / us);
    }
  });
  auto begin = std::chrono::steady_clock::now();
  {
    auto futures = cluster.client().map<bulk_task>(arguments);
    block_on(wait(futures));
  }
  auto wall = seconds_since(begin);
  over = true;
  caller.join();
  auto slowest = *std::max_element(times.begin(), times.end());
  auto s = latencies(std::move(times));
  s.more.emplace_back("slowest_us", slowest);
  s.more.emplace_back("bulk_us_per_task", wall / static_cast<double>(bulk) / us);
  cluster.settle();
  return s;
}

}  // namespace

std::vector<figure> ingest_figures() {
  return {{"ingest-1m", "us",
           "round trips of a client, p50 and p99, while another submits a million tasks and waits for them, over TCP",
           5, [] {
             auto cluster = std::make_shared<tcp_cluster>();
             auto other = cluster->connect_another();
             return std::vector{contender{"", [=] { return run_ingest(*cluster, other); }}};
           }}};
}

}  // namespace troupe::bench
