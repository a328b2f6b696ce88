// expect: wrong number of arguments .*context parameters are not counted
#include <troupe/actors/client/client.hpp>

int nap(troupe::task_context&, int n) { return n; }

void use(troupe::client const& client) {
  auto f = client.submit<nap>(1, 2);  // HERE
}
