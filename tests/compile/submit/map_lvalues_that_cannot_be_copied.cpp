// expect: an argument cannot be converted to the type of its parameter
#include <troupe/actors/client/client.hpp>

#include <memory>
#include <vector>

int open_box(std::unique_ptr<int> p) { return *p; }

void use(troupe::client const& client, std::vector<std::unique_ptr<int>> const& boxes) {
  auto f = client.map<open_box>(boxes);  // HERE
}
