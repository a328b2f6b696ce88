#include "figures.hpp"
#include "raw_hops.hpp"
#include "tcp_cluster.hpp"
#include "timed_calls.hpp"

#include <troupe/futures/run_loop.hpp>

#include <memory>

namespace troupe::bench {

int next_number(int x) { return x + 1; }

namespace {

using namespace std::chrono_literals;

sample run_round_trips(tcp_cluster const& cluster, std::size_t calls, std::chrono::milliseconds apart) {
  auto costs = cluster.costs();
  auto s =
      latencies(block_on(time_calls(calls, apart, [c = cluster.client()](int i) { return c.submit<next_number>(i); })));
  costs.add_costs(s, calls);
  return s;
}

std::vector<contender> beside_raw_hops(std::size_t calls, std::chrono::milliseconds apart) {
  return {on_tcp_cluster([=](tcp_cluster const& cluster) { return run_round_trips(cluster, calls, apart); }),
          {"raw-4-hops-handoff", [=, hops = std::make_shared<raw_hops>()] { return hops->run(calls, apart); }}};
}

}  // namespace

std::vector<figure> tcp_round_trip_figures() {
  return {
      {"roundtrip-tcp", "us", "submit to result over a scheduler's process, p50 and p99, awaited, back to back", 9,
       [] { return beside_raw_hops(10'000, 0ms); }},
      {"roundtrip-tcp-5ms", "us", "the same, calls 5 ms apart", 9, [] { return beside_raw_hops(150, 5ms); }},
  };
}

}  // namespace troupe::bench
