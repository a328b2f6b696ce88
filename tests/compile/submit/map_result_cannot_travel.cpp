// expect: a type cannot travel: it needs encode
#include <troupe/actors/client/client.hpp>

#include <mutex>
#include <vector>

std::mutex* lock_of(int);

void use(troupe::client const& client) {
  auto f = client.map<lock_of>(std::vector{1, 2});  // HERE
}
