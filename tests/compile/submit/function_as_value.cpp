// expect: a function is submitted as a template argument
#include <troupe/actors/client/client.hpp>

int inc(int x) { return x + 1; }

void use(troupe::client const& client) {
  auto f = client.submit(inc, 1);  // HERE
}
