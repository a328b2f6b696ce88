#include "figures.hpp"
#include "tcp_cluster.hpp"
#include "timed_calls.hpp"

#include <troupe/futures/run_loop.hpp>

#include <memory>
#include <vector>

namespace troupe::bench {

/// What is called: it is on a worker, and so has a name.
class called_number {
 public:
  int add(int n) { return value_ += n; }
  int reset() { return value_ = 0; }

 private:
  int value_ = 0;
};

namespace {

struct called_actor {
  called_actor() : handle(cluster.client().create_actor<called_number>().get()) {}
  tcp_cluster cluster;
  remote_actor<called_number> handle;
};

sample run_round_trips(called_actor& on, std::size_t calls) {
  require(on.handle.call<&called_number::reset>().get() == 0, "answer of an actor");
  auto costs = on.cluster.costs();
  auto s = latencies(block_on(time_calls(calls, std::chrono::milliseconds(0),
                                         [handle = on.handle](int) { return handle.call<&called_number::add>(1); })));
  costs.add_costs(s, calls);
  return s;
}

sample run_pipelined(called_actor& on, std::size_t calls) {
  require(on.handle.call<&called_number::reset>().get() == 0, "answer of an actor");
  std::vector<future<int>> answers;
  answers.reserve(calls);
  auto costs = on.cluster.costs();
  auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < calls; ++i) answers.push_back(on.handle.call<&called_number::add>(1));
  int expected = 0;
  for (auto const& f : answers) require(f.get() == ++expected, "answer of an actor");
  sample s;
  s.value = seconds_since(begin) / us / double(calls);
  costs.add_costs(s, calls);
  return s;
}

template <class Run>
std::vector<contender> alone(Run run, std::size_t calls) {
  return {{"", [=, on = std::make_shared<called_actor>()] { return run(*on, calls); }}};
}

}  // namespace

std::vector<figure> actor_call_figures() {
  return {
      {"actor-call-tcp", "us", "call of an actor in a worker's process to its answer, p50 and p99, back to back", 9,
       [] { return alone(run_round_trips, 2'000); }},
      {"actor-call-tcp-many", "us", "the same per call, with all of 20,000 under way at once", 9,
       [] { return alone(run_pipelined, 20'000); }},
  };
}

}  // namespace troupe::bench
