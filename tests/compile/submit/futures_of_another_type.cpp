// expect: a future<T>, or a container of futures, needs a parameter whose type is exactly that of its value
#include <troupe/actors/client/client.hpp>

#include <vector>

double mean(std::vector<double> const& numbers) { return numbers[0]; }

void use(troupe::client const& client, std::vector<troupe::future<int>> const& ints) {
  auto f = client.submit<mean>(ints);  // HERE
}
