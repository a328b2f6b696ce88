// expect: an argument cannot be converted to the type of its parameter
#include <troupe/collections/graph/graph.hpp>

#include <string>

int inc(int x) { return x + 1; }

void use(troupe::graph g) {
  auto f = g.call<inc>("two", std::string("one"));  // HERE
}
