// expect: ignoring return value.*dropping the last future of a task cancels it
// flags: -Wall -Werror=unused-result
#include <troupe/actors/client/client.hpp>

#include <vector>

int inc(int x) { return x + 1; }

void use(troupe::client const& client) {
  client.map<inc>(std::vector{1, 2});  // HERE
}
