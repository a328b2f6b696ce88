// expect: a task cannot take this parameter by non-const reference
#include <troupe/actors/client/client.hpp>

void increment(int& x) { ++x; }

void use(troupe::client const& client) {
  int x = 1;
  auto f = client.submit<increment>(x);  // HERE
}
