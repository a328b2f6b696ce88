// expect: a type cannot travel: it needs encode
#include <troupe/actors/client/client.hpp>

#include <functional>

int call(std::function<int()> const& f) { return f(); }

void use(troupe::client const& client) {
  auto f = client.submit<call>([] { return 1; });  // HERE
}
