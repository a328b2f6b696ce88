// expect: no constructor of this actor takes these arguments
#include <troupe/actors/client/client.hpp>

class counter {
 public:
  explicit counter(int start) : value_(start) {}

 private:
  int value_;
};

void program(troupe::client const& client) {
  auto created = client.create_actor<counter>(1, 2);  // HERE
}
