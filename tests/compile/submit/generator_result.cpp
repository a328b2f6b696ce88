// expect: a task that returns generator<…> cannot be submitted yet
#include <troupe/actors/client/client.hpp>

troupe::generator<int> count(int n);

void use(troupe::client const& client) {
  auto f = client.submit<count>(1);  // HERE
}
