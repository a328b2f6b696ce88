// expect: a call of a graph may run several times, also at once
#include <troupe/collections/graph/graph.hpp>

struct counter {
  int count = 0;
  int operator()(int x) { return count += x; }
};

void use(troupe::graph g) {
  auto f = g.call("counted", counter(), 1);  // HERE
}
