#include <troupe/troupe.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <ranges>
#include <vector>

int steps(int n) { return n == 1 ? 0 : 1 + steps(n % 2 == 0 ? n / 2 : 3 * n + 1); }
int longest(std::vector<int> const& all) { return std::ranges::max(all); }

troupe::task<int> app(troupe::client client) {
  auto each = client.map<steps>(std::views::iota(1, 1001));  // a thousand tasks
  auto most = client.submit<longest>(each);                  // starts when they are done, on their results

  int long_ones = 0;
  auto arriving = troupe::as_completed(each);
  while (auto next = co_await arriving.next()) long_ones += (co_await *next) > 100;
  fmt::print("{} of {} numbers take more than 100 steps, one takes {}\n", long_ones, each.size(), co_await most);
  co_return 0;
}

int main(int argc, char** argv) { return troupe::run(argc, argv, app); }
