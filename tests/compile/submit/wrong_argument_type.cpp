// expect: an argument cannot be converted to the type of its parameter
#include <troupe/actors/client/client.hpp>

#include <string>

int inc(int x) { return x + 1; }

void use(troupe::client const& client) {
  auto f = client.submit<inc>(std::string("ten"));  // HERE
}
