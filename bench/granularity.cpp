#include "figures.hpp"
#include "tcp_cluster.hpp"
#include "test_cluster.hpp"
#include "wake_chain.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <memory>
#include <stdexcept>

/// METG(50 %), the minimum effective task granularity of Task Bench (Slaughter et al., SC20): the wall time per task,
/// times the number of processors, at which half of that time is useful work. Each step is a row of columns; which
/// columns of the step before a task takes is the pattern.

namespace troupe::bench {
namespace {

enum class pattern : std::uint8_t { stencil, nearest, spread, fft, all_to_all };
/// Of nearest and spread: dependencies a task has where there are columns enough.
constexpr std::uint64_t radix = 5;
/// Of spread: after so many steps the dependencies are the same again.
constexpr std::uint64_t period = 3;

std::uint64_t power_of_step(std::uint64_t step, std::uint64_t width) {
  auto steps_of_one = std::max(std::uint64_t{1}, static_cast<std::uint64_t>(std::bit_width(width - 1)));
  return std::uint64_t{1} << ((step - 1) % steps_of_one);
}

/// Columns of step - 1 that this task takes, rising.
std::vector<std::uint64_t> taken_by(pattern shape, std::uint64_t step, std::uint64_t column, std::uint64_t width) {
  std::vector<std::uint64_t> columns;
  if (step == 0) return columns;
  auto take_around = [&](std::uint64_t reach, std::uint64_t stride) {
    for (auto i = -std::int64_t(reach); i <= std::int64_t(reach); ++i)
      if (auto at = std::int64_t(column) + i * std::int64_t(stride); at >= 0 && at < std::int64_t(width))
        columns.push_back(std::uint64_t(at));
  };
  switch (shape) {
    case pattern::stencil:
      take_around(1, 1);
      break;
    case pattern::nearest:
      take_around(radix / 2, 1);
      break;
    case pattern::fft:
      take_around(1, power_of_step(step, width));
      break;
    case pattern::all_to_all:
      take_around(width, 1);
      break;
    case pattern::spread:
      for (std::uint64_t i = 0; i < radix; ++i)
        columns.push_back((column + i * width / radix + (i > 0 ? step % period : 0)) % width);
  }
  std::ranges::sort(columns);
  columns.erase(std::ranges::unique(columns).begin(), columns.end());
  return columns;
}

constexpr std::uint64_t rounds_of_a_check = 1;

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// So much work, and nothing else.
std::uint64_t grind(std::uint64_t seed, std::uint64_t iterations) {
  for (std::uint64_t i = 0; i < iterations; ++i) seed = mix(seed + i);
  return seed;
}

/// What the task of column `column` in step `step` gives.
std::uint64_t mark_of(std::uint64_t step, std::uint64_t column) { return mix(step << 32 | column); }

}  // namespace

/// Checks its inputs, works, gives its mark.
std::uint64_t grid_point(std::uint64_t step, std::uint64_t column, std::uint64_t iterations,
                         std::vector<std::uint64_t> const& columns, std::vector<std::uint64_t> const& before) {
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (before.at(i) != mark_of(step - 1, columns[i])) throw std::runtime_error("a wrong input");
  auto work = grind(rounds_of_a_check, iterations);
  return mark_of(step, column) + (work == 0 ? 1 : 0);
}

namespace {

constexpr std::uint64_t steps = 1'000;
constexpr double processors = 2;

/// Seconds that one iteration takes here, the fastest of some.
double seconds_per_iteration() {
  static double const measured = [] {
    double best = 1;
    for (int i = 0; i < 20; ++i) {
      constexpr std::uint64_t n = 1'000'000;
      auto begin = std::chrono::steady_clock::now();
      require(grind(static_cast<std::uint64_t>(i), n) != 0, "work");
      best = std::min(best, seconds_since(begin) / static_cast<double>(n));
    }
    return best;
  }();
  return measured;
}

struct grid {
  pattern shape = pattern::stencil;
  std::uint64_t width = 2;
};

/// Seconds for all steps.
double run_grid(client const& c, grid of, std::uint64_t iterations) {
  auto begin = std::chrono::steady_clock::now();
  std::vector<future<std::uint64_t>> row;
  for (std::uint64_t step = 0; step < steps; ++step) {
    std::vector<future<std::uint64_t>> next;
    for (std::uint64_t column = 0; column < of.width; ++column) {
      auto columns = taken_by(of.shape, step, column, of.width);
      std::vector<future<std::uint64_t>> before;
      for (auto i : columns) before.push_back(row[i]);
      next.push_back(c.submit<grid_point>(step, column, iterations, columns, before));
    }
    row = std::move(next);
  }
  for (std::uint64_t column = 0; column < of.width; ++column)
    require(row[column].get() == mark_of(steps - 1, column), "mark of a column");
  return seconds_since(begin);
}

/// Halves the interval, on a logarithmic scale, in which the efficiency passes 50 %. Its costs are those of all grids
/// of the search, the tasks' work included.
template <class Meter>
sample metg(client const& c, grid of, Meter costs) {
  auto tasks = static_cast<double>(steps * of.width);
  constexpr double least = 1e-7, most = 2e-2;
  double low = least, high = most, granularity = 0;
  constexpr int halvings = 9;
  for (int i = 0; i < halvings; ++i) {
    auto work = std::sqrt(low * high);
    auto iterations = static_cast<std::uint64_t>(work / seconds_per_iteration());
    auto wall = run_grid(c, of, iterations);
    auto efficiency = tasks * work / (wall * processors);
    granularity = wall * processors / tasks;
    (efficiency < 0.5 ? low : high) = work;
  }
  sample s;
  require(low > least && high < most, "work of 0.1 us to 20 ms a task, for an efficiency of 50 %");
  s.value = granularity / us;
  costs.add_costs(s, halvings * steps * of.width);
  return s;
}

figure over_tcp(std::string name, std::string what, grid of) {
  return {std::move(name), "us", std::move(what), 5, [=] {
            return std::vector{on_tcp_cluster(
                [=](tcp_cluster const& cluster) { return metg(cluster.client(), of, cluster.costs()); })};
          }};
}

std::vector<contender> in_process(grid of) {
  return {{"", [=, cluster = std::make_shared<test_cluster>()] { return metg(cluster->client, of, meter()); }},
          {"wake-chain-2", [chain = std::make_shared<wake_chain>(std::vector<std::size_t>{0, 1})] {
             return chain->run(10'000, std::chrono::milliseconds(0));
           }}};
}

}  // namespace

std::vector<figure> granularity_figures() {
  return {
      over_tcp("metg-stencil-tcp", "METG(50 %) of a stencil of 2 columns and 1,000 steps over TCP, two workers",
               {pattern::stencil, 2}),
      over_tcp("metg-stencil-tcp-8", "the same with 8 columns", {pattern::stencil, 8}),
      // With 2 columns these are the stencil.
      over_tcp("metg-nearest-tcp-8", "METG(50 %) of 8 columns, each task takes the five nearest",
               {pattern::nearest, 8}),
      over_tcp("metg-spread-tcp-8", "the same with five that lie apart and change from step to step",
               {pattern::spread, 8}),
      over_tcp("metg-fft-tcp-8", "the same as in a fast Fourier transform: itself and two at 1, 2, 4 columns from it",
               {pattern::fft, 8}),
      over_tcp("metg-all-to-all-tcp-8", "the same with all", {pattern::all_to_all, 8}),
      {"metg-stencil-inproc", "us", "METG(50 %) of a stencil of 2 columns in one process, two threads", 5,
       [] { return in_process({pattern::stencil, 2}); }},
  };
}

}  // namespace troupe::bench
