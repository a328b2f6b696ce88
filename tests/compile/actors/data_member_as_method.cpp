// expect: call<…> takes a member function of the actor's class
#include <troupe/actors/client/client.hpp>

struct counter {
  int value = 0;
};

void program(troupe::remote_actor<counter> const& handle) {
  auto value = handle.call<&counter::value>();  // HERE
}
