// expect: a task can take a span of const elements
#include <troupe/actors/client/client.hpp>

#include <span>
#include <vector>

int fill(std::span<int> numbers) { return numbers[0] = 1; }

void use(troupe::client const& client) {
  auto f = client.submit<fill>(std::vector<int>{1});  // HERE
}
