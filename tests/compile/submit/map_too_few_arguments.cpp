// expect: wrong number of arguments for this function
#include <troupe/actors/client/client.hpp>

#include <vector>

int add(int a, int b) { return a + b; }

void use(troupe::client const& client) {
  auto f = client.map<add>(std::vector{1, 2});  // HERE
}
