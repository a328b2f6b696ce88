// expect: wrong number of arguments for this function
#include <troupe/actors/client/client.hpp>

#include <vector>

void use(troupe::client const& client) {
  auto f = client.map([](int x) { return x; }, std::vector{1, 2}, 3);  // HERE
}
