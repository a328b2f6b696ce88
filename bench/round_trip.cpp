#include "figures.hpp"
#include "test_cluster.hpp"
#include "timed_calls.hpp"
#include "wake_chain.hpp"

#include <troupe/futures/run_loop.hpp>

#include <memory>

namespace troupe::bench {
namespace {

using namespace std::chrono_literals;

int successor(int x) { return x + 1; }

sample run_awaits(test_cluster& cluster, std::size_t calls, std::chrono::milliseconds apart) {
  meter m;
  return m.of_latencies(
      block_on(time_calls(calls, apart, [c = cluster.client](int i) { return c.submit<successor>(i); })));
}

sample run_gets(test_cluster& cluster, std::size_t calls) {
  std::vector<double> times;
  times.reserve(calls);
  meter m;
  for (std::size_t i = 0; i < calls; ++i) {
    auto begin = std::chrono::steady_clock::now();
    int result = cluster.client.submit<successor>(static_cast<int>(i)).get();
    times.push_back(seconds_since(begin) / us);
    require(result == static_cast<int>(i) + 1, "result of a task");
  }
  return m.of_latencies(std::move(times));
}

contender chain(std::string name, std::vector<std::size_t> path, std::size_t calls, std::chrono::milliseconds apart) {
  if (apart.count() > 0) name += "-1ms";
  return {name, [=, links = std::make_shared<wake_chain>(std::move(path))] { return links->run(calls, apart); }};
}

std::vector<contender> beside_chains(std::function<sample(test_cluster&)> ours, std::size_t calls,
                                     std::chrono::milliseconds apart) {
  auto cluster = std::make_shared<test_cluster>();
  return {{"", [=] { return ours(*cluster); }},
          chain("wake-chain-2", {0, 1}, calls, apart),
          chain("wake-chain-4", {0, 1, 2, 3}, calls, apart),
          // The way that a task takes: main thread, loop, worker's thread, loop, main thread.
          chain("wake-chain-4-of-3-threads", {0, 1, 2, 1}, calls, apart)};
}

}  // namespace

std::vector<figure> round_trip_figures() {
  constexpr std::size_t calls = 4'000, rare_calls = 300;
  return {
      {"roundtrip-inproc", "us",
       "submit to result, p50 and p99, awaited on the main thread, back to back; wake chains beside it", 9,
       [] { return beside_chains([](test_cluster& c) { return run_awaits(c, calls, 0ms); }, calls, 0ms); }},
      {"roundtrip-inproc-get", "us", "the same with a blocking get()", 9,
       [] { return beside_chains([](test_cluster& c) { return run_gets(c, calls); }, calls, 0ms); }},
      {"roundtrip-inproc-1ms", "us", "the same, awaited, calls 1 ms apart", 9,
       [] { return beside_chains([](test_cluster& c) { return run_awaits(c, rare_calls, 1ms); }, rare_calls, 1ms); }},
  };
}

}  // namespace troupe::bench
