// expect: needs a parameter whose type is exactly that of its value
#include <troupe/actors/client/client.hpp>

#include <vector>

int inc(int x) { return x + 1; }

void use(troupe::client const& client, std::vector<troupe::future<double>> const& numbers) {
  auto f = client.map<inc>(numbers);  // HERE
}
