// expect: ignoring return value.*dropping the last future of a task cancels it
// flags: -Wall -Werror=unused-result
#include <troupe/actors/client/client.hpp>

void use(troupe::client const& client) {
  client.submit([](int x) { return x; }, 1);  // HERE
}
