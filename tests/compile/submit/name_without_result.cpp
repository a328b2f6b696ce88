// expect: a call by name says what type its result has: write submit<int>
#include <troupe/actors/client/client.hpp>

void use(troupe::client const& client) {
  auto f = client.submit("inc", 1);  // HERE
}
