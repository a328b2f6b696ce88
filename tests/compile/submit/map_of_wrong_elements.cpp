// expect: an argument cannot be converted to the type of its parameter
#include <troupe/actors/client/client.hpp>

#include <string>
#include <vector>

int inc(int x) { return x + 1; }

void use(troupe::client const& client) {
  auto f = client.map<inc>(std::vector<std::string>{"one"});  // HERE
}
