// expect: an argument cannot be converted to the type of its parameter
#include <troupe/actors/client/client.hpp>

#include <memory>

int open_box(std::unique_ptr<int> p) { return *p; }

void use(troupe::client const& client, std::unique_ptr<int> const& box) {
  auto f = client.submit<open_box>(box);  // HERE
}
