// expect: an argument cannot be converted to the type of its parameter
#include <troupe/actors/client/client.hpp>

class counter {
 public:
  int add(int n) { return n; }
};

void program(troupe::remote_actor<counter> const& handle) {
  auto sum = handle.call<&counter::add>("five");  // HERE
}
