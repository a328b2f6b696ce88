#include "figures.hpp"
#include "tcp_cluster.hpp"

#include <troupe/futures/gather.hpp>
#include <troupe/futures/run_loop.hpp>

#include <csignal>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <numbers>
#include <numeric>
#include <thread>

namespace troupe::bench {

/// Sleeps, so that as many as there are threads overlap however few processors there are; gives the time it took, in
/// ns.
std::int64_t slow_task(std::int64_t microseconds) {
  auto begin = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(std::chrono::microseconds(microseconds));
  return std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin).count();
}

namespace {

using namespace std::chrono_literals;

/// µs of each task.
using sleeps = std::vector<std::int64_t>;

sleeps equal(std::size_t tasks, std::int64_t microseconds) { return sleeps(tasks, microseconds); }

/// In [0, 1), the same in each run and evenly spread.
double fraction(std::size_t i, double step) {
  auto at = static_cast<double>(i) * step;
  return at - std::floor(at);
}

/// Between `least` and three times that.
sleeps variable(std::size_t tasks, double least) {
  sleeps all;
  for (std::size_t i = 0; i < tasks; ++i)
    all.push_back(static_cast<std::int64_t>(least * (1 + 2 * fraction(i, std::numbers::phi))));
  return all;
}

/// 500 that are log-normal (1, 1.3), in units of 10 ms, at most 600 ms: many short ones and few long ones. By the
/// method of Box and Muller.
sleeps lognormal() {
  constexpr std::size_t tasks = 500;
  sleeps all;
  for (std::size_t i = 0; i < tasks; ++i) {
    auto uniform = (static_cast<double>(i * 211 % tasks) + 0.5) / tasks;
    auto normal = std::sqrt(-2 * std::log(uniform)) * std::cos(2 * std::numbers::pi * fraction(i, std::numbers::phi));
    all.push_back(static_cast<std::int64_t>(std::min(std::exp(1 + 1.3 * normal) * 10'000, 600'000.0)));
  }
  return all;
}

/// Makespan over the ideal: the tasks' own times divided by the threads, or the longest of them.
sample run_balance(tcp_cluster const& cluster, sleeps const& tasks, double threads) {
  auto costs = cluster.costs();
  auto begin = std::chrono::steady_clock::now();
  auto took = block_on(gather(cluster.client().map<slow_task>(tasks)));
  auto makespan = seconds_since(begin);
  auto work = static_cast<double>(std::accumulate(took.begin(), took.end(), std::int64_t{0})) * ns;
  auto longest = static_cast<double>(*std::max_element(took.begin(), took.end())) * ns;
  require(
      took.size() == tasks.size() && work >= static_cast<double>(std::accumulate(tasks.begin(), tasks.end(), 0LL)) * us,
      "times that tasks slept");
  sample s;
  s.value = makespan / std::max(work / threads, longest);
  cluster.settle();
  costs.add_costs(s, tasks.size());
  return s;
}

/// Stops a process for one second out of one and a half, until it goes.
class straggler {
 public:
  explicit straggler(pid_t process) : thread_([this, process] { limp(process); }) {}
  straggler(straggler const&) = delete;
  straggler& operator=(straggler const&) = delete;
  ~straggler() {
    {
      std::scoped_lock lock(mutex_);
      over_ = true;
    }
    ended_.notify_all();
    thread_.join();
  }

  static constexpr double share_of_time = 0.5 / 1.5;

 private:
  void limp(pid_t process) {
    std::unique_lock lock(mutex_);
    while (!over_) {
      ::kill(process, SIGSTOP);
      ended_.wait_for(lock, 1s, [this] { return over_; });
      ::kill(process, SIGCONT);
      ended_.wait_for(lock, 500ms, [this] { return over_; });
    }
  }

  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
  std::thread thread_;
};

constexpr std::uint32_t many = 8;

/// Makespan over the ideal: what all are to sleep by the threads, of which those of one worker count for a third.
sample run_straggler(tcp_cluster const& cluster) {
  auto tasks = equal(4'000, 10'000);
  auto processes = cluster.processes();
  auto limping = std::find_if(processes.begin(), processes.end(), [](auto& p) { return p.first == "worker1"; });
  require(limping != processes.end(), "a second worker");
  auto costs = cluster.costs();
  sample s;
  {
    straggler one(limping->second);
    auto begin = std::chrono::steady_clock::now();
    auto took = block_on(gather(cluster.client().map<slow_task>(tasks)));
    auto ideal = 4'000 * 0.01 / (many * (1 + straggler::share_of_time));
    s.value = seconds_since(begin) / ideal;
    require(took.size() == tasks.size(), "times that tasks slept");
  }
  cluster.settle();
  costs.add_costs(s, tasks.size());
  return s;
}

figure of(std::string name, std::string what, sleeps tasks, std::uint32_t threads, std::size_t repeats) {
  return {std::move(name), "ratio", std::move(what), repeats, [=] {
            return std::vector{on_tcp_cluster(
                [=](tcp_cluster const& cluster) { return run_balance(cluster, tasks, 2.0 * threads); }, {2, threads})};
          }};
}

}  // namespace

std::vector<figure> balance_figures() {
  return {
      of("makespan-1ms", "time for 2,000 tasks of 1 ms over the ideal (their own times by the threads), two workers",
         equal(2'000, 1'000), 1, 7),
      of("makespan-10ms", "the same for 200 tasks of 10 ms", equal(200, 10'000), 1, 7),
      of("makespan-16-threads-1ms", "the same for 5,000 tasks of 1 ms, two workers with 8 threads", equal(5'000, 1'000),
         many, 5),
      of("makespan-16-threads-10ms", "the same for 5,000 tasks of 10 ms", equal(5'000, 10'000), many, 5),
      of("makespan-16-threads-100ms", "the same for 480 tasks of 100 ms", equal(480, 100'000), many, 5),
      of("makespan-variable", "the same for 2,000 tasks of 5 to 15 ms", variable(2'000, 5'000), many, 5),
      of("makespan-lognormal", "the same for 500 tasks of 1 to 600 ms, few of which are long", lognormal(), many, 5),
      {"makespan-straggler", "ratio",
       "the same for 4,000 tasks of 10 ms, one of the two workers stopped one second out of one and a half", 5,
       [] { return std::vector{on_tcp_cluster(run_straggler, {2, many})}; }},
  };
}

}  // namespace troupe::bench
