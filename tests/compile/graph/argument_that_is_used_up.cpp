// expect: a call of a graph may run several times: an argument that cannot be copied
#include <troupe/collections/graph/graph.hpp>

#include <memory>

int open(std::unique_ptr<int> box) { return *box; }

void use(troupe::graph g) {
  auto f = g.call<open>("opened", std::make_unique<int>(1));  // HERE
}
