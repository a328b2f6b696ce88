// expect: a lambda with captures .* cannot be submitted: pass what it captures as arguments
#include <troupe/actors/client/client.hpp>

void use(troupe::client const& client) {
  int by = 3;
  auto f = client.submit([by](int x) { return by * x; }, 1);  // HERE
}
