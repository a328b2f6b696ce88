// expect: a task cannot take this parameter by non-const reference
#include <troupe/actors/client/client.hpp>

#include <vector>

void change(int& x) { ++x; }

void use(troupe::client const& client, std::vector<int> const& numbers) {
  auto f = client.map<change>(numbers);  // HERE
}
