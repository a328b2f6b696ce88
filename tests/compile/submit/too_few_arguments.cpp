// expect: wrong number of arguments .*default arguments are lost
#include <troupe/actors/client/client.hpp>

int add(int a, int b = 1) { return a + b; }

void use(troupe::client const& client) {
  auto f = client.submit<add>(1);  // HERE
}
