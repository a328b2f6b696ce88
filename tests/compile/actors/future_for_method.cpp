// expect: a call of an actor takes no futures
#include <troupe/actors/client/client.hpp>

class counter {
 public:
  int add(int n) { return n; }
};

void program(troupe::remote_actor<counter> const& handle, troupe::future<int> const& n) {
  auto sum = handle.call<&counter::add>(n);  // HERE
}
