// expect: cannot submit this: .*one operator\(\) that is no template
#include <troupe/actors/client/client.hpp>

void use(troupe::client const& client) {
  auto f = client.submit([](auto x) { return x; }, 1);  // HERE
}
