// Needs values of two workers in one task, and a large value of a worker here.
// Prints: both 999999000000 / made 1000000
#include <troupe/troupe.hpp>

#include <fmt/core.h>

#include <cstdint>
#include <numeric>
#include <vector>

using numbers = std::vector<std::int64_t>;

std::int64_t sum_both(numbers const& a, numbers const& b) {
  return std::accumulate(a.begin(), a.end(), std::int64_t{0}) + std::accumulate(b.begin(), b.end(), std::int64_t{0});
}

numbers count_to(std::int64_t n) {
  numbers all(std::size_t(n), 0);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

troupe::task<int> app(troupe::client client) {
  auto here = count_to(1'000'000);
  auto to_scatter_0 = client.scatter(here, troupe::on_workers("worker-0"));
  troupe::future<numbers> first = co_await std::move(to_scatter_0);
  auto to_scatter_1 = client.scatter(here, troupe::on_workers("worker-1"));
  troupe::future<numbers> second = co_await std::move(to_scatter_1);
  auto both = client.submit<sum_both>(first, second);
  fmt::print("both {}\n", co_await both);

  auto made = client.submit<count_to>(1'000'000);
  numbers const& values = co_await made;
  bool right = values == here;
  fmt::print("made {}\n", right ? values.size() : 0);
  co_return right ? 0 : 1;
}

int main(int argc, char** argv) { return troupe::run(argc, argv, app); }
