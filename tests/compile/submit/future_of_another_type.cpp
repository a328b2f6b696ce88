// expect: a future<T>, .* needs a parameter whose type is exactly that of its value
#include <troupe/actors/client/client.hpp>

int inc(int x) { return x + 1; }
long twice(long x) { return 2 * x; }

void use(troupe::client const& client) {
  auto one = client.submit<inc>(1);
  auto f = client.submit<twice>(one);  // HERE
}
