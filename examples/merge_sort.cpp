// Sorts a million numbers: tasks make them, tasks sort runs of them, tasks merge the runs two by two. Futures are the
// arguments of the next tasks, so nothing of the numbers ever reaches this function.
// Prints: 1048576 numbers sorted by 48 tasks

#include <troupe/troupe.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace {

using numbers = std::vector<std::uint32_t>;

numbers make(std::uint32_t seed, std::size_t size) {
  std::mt19937 random(seed);
  numbers made(size);
  std::ranges::generate(made, random);
  return made;
}

// By value: the numbers are moved in where nobody else holds them any more, else copied, and moved out.
numbers sorted(numbers run) {
  std::ranges::sort(run);
  return run;
}

numbers merged(numbers const& a, numbers const& b) {
  numbers both;
  both.reserve(a.size() + b.size());
  std::ranges::merge(a, b, std::back_inserter(both));
  return both;
}

std::size_t length_if_sorted(numbers const& all) { return std::ranges::is_sorted(all) ? all.size() : 0; }

troupe::task<int> app(troupe::client client) {
  constexpr std::size_t runs = 16, run_size = 1 << 16;
  std::vector<std::uint32_t> seeds(runs);
  std::iota(seeds.begin(), seeds.end(), 0);

  // Only the newest futures are kept: what they were made from is freed as soon as it was used.
  auto level = client.map<sorted>(client.map<make>(seeds, run_size));
  std::size_t tasks = 2 * runs;
  while (level.size() > 1) {
    std::vector<troupe::future<numbers>> next;
    for (std::size_t i = 0; i < level.size(); i += 2) next.push_back(client.submit<merged>(level[i], level[i + 1]));
    tasks += next.size();
    level = std::move(next);
  }
  auto length = client.submit<length_if_sorted>(level.front());
  ++tasks;
  if (co_await length != runs * run_size) {
    fmt::print("not sorted\n");
    co_return 1;
  }
  fmt::print("{} numbers sorted by {} tasks\n", co_await length, tasks);
  co_return 0;
}

}  // namespace

int main(int argc, char** argv) { return troupe::run(argc, argv, app); }
