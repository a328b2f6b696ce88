// expect: a task that returns generator<…> cannot be submitted yet
#include <troupe/actors/client/client.hpp>

#include <vector>

troupe::generator<int> count(int n);

void use(troupe::client const& client) {
  auto f = client.map<count>(std::vector{1, 2});  // HERE
}
