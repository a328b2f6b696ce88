// expect: this is a method of another class than the actor's
#include <troupe/actors/client/client.hpp>

class counter {
 public:
  int add(int n) { return n; }
};
class clock_tower {
 public:
  int strike(int times) { return times; }
};

void program(troupe::remote_actor<counter> const& handle) {
  auto struck = handle.call<&clock_tower::strike>(3);  // HERE
}
