// expect: wrong number of arguments for this function
#include <troupe/collections/graph/graph.hpp>

int inc(int x) { return x + 1; }

void use(troupe::graph g) {
  auto f = g.call<inc>("two", 1, 2);  // HERE
}
