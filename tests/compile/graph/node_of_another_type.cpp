// expect: a future<T>, .* needs a parameter whose type is exactly that of its value
#include <troupe/collections/graph/graph.hpp>

int inc(int x) { return x + 1; }
long twice(long x) { return 2 * x; }

void use(troupe::graph g) {
  auto one = g.call<inc>("one", 1);
  auto f = g.call<twice>("two", one);  // HERE
}
