#include "figures.hpp"
#include "sample_values.hpp"
#include "tcp_cluster.hpp"
#include "timed_calls.hpp"

#include <troupe/futures/as_completed.hpp>
#include <troupe/futures/run_loop.hpp>
#include <troupe/futures/wait.hpp>

#include <cstdint>
#include <thread>

namespace troupe::bench {

std::int64_t sleep_1ms(std::int64_t x) {
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return x;
}
int urgent_call(int x) { return x + 1; }
std::int64_t same_number(std::int64_t x) { return x; }

namespace {

/// Round trips of a higher priority while two workers have 10,000 tasks of 1 ms to do.
sample run_beside_others(tcp_cluster const& cluster) {
  constexpr std::size_t calls = 1'000;
  auto const& c = cluster.client();
  auto others = c.map<sleep_1ms>(first_numbers(10'000));
  auto costs = cluster.costs();
  auto s = latencies(
      block_on(time_calls(calls, std::chrono::milliseconds(0), [urgent = c.with(task_options{}.priority(10))](int i) {
        return urgent.submit<urgent_call>(i);
      })));
  require(!others.back().done(), "tasks that were to be left");
  costs.add_costs(s, calls);
  others.clear();
  cluster.settle();
  return s;
}

task<std::int64_t> await_first(as_completed<std::int64_t>& arriving) {
  auto first = co_await arriving.next();
  require(first.has_value(), "a first result");
  co_return co_await *first;
}

/// From a map call to the first result of any of its tasks; the rest is dropped.
sample run_first_result(tcp_cluster const& cluster) {
  constexpr std::size_t tasks = 100'000;
  auto arguments = first_numbers(tasks);
  auto costs = cluster.costs();
  auto begin = std::chrono::steady_clock::now();
  sample s;
  {
    auto arriving = as_completed(cluster.client().map<same_number>(arguments));
    auto first = block_on(await_first(arriving));
    s.value = seconds_since(begin) / ms;
    require(first >= 0 && first < static_cast<std::int64_t>(tasks), "the first result");
  }
  cluster.settle();
  costs.add_costs(s, tasks);
  s.more.emplace_back("tasks", tasks);
  return s;
}

task<std::vector<double>> time_puts(client c, std::size_t calls) {
  std::vector<double> times;
  times.reserve(calls);
  for (std::size_t i = 0; i < calls; ++i) {
    auto begin = std::chrono::steady_clock::now();
    auto there = co_await c.scatter(static_cast<std::int64_t>(i));
    auto value = co_await there;
    times.push_back(seconds_since(begin) / us);
    require(value == static_cast<std::int64_t>(i), "a value that was put");
  }
  co_return times;
}

/// Scatter of a number, then its value again.
sample run_put_and_get(tcp_cluster const& cluster) {
  constexpr std::size_t calls = 2'000;
  auto costs = cluster.costs();
  auto s = latencies(block_on(time_puts(cluster.client(), calls)));
  costs.add_costs(s, calls);
  return s;
}

}  // namespace

std::vector<figure> latency_figures() {
  return {
      {"roundtrip-tcp-busy", "us",
       "submit to result with a higher priority while 10,000 tasks of 1 ms are there, p50 and p99, over TCP, two "
       "workers",
       5, [] { return std::vector{on_tcp_cluster(run_beside_others)}; }},
      {"first-result-tcp", "ms",
       "a map call of 100,000 tasks to the first result of one of them, over TCP, two workers", 9,
       [] { return std::vector{on_tcp_cluster(run_first_result)}; }},
      {"put-get-tcp", "us", "scatter of 8 bytes to a worker and its value back at the client, p50 and p99, over TCP", 9,
       [] { return std::vector{on_tcp_cluster(run_put_and_get)}; }},
  };
}

}  // namespace troupe::bench
