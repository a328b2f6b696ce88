// expect: map needs a range among its arguments whose elements fit their parameter
#include <troupe/actors/client/client.hpp>

int add(int a, int b) { return a + b; }

void use(troupe::client const& client) {
  auto f = client.map<add>(1, 2);  // HERE
}
