// expect: a lambda with captures .* cannot be submitted: pass what it captures as arguments
#include <troupe/actors/client/client.hpp>

#include <vector>

void use(troupe::client const& client) {
  int by = 3;
  auto f = client.map([by](int x) { return by * x; }, std::vector{1, 2});  // HERE
}
