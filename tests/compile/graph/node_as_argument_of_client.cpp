// expect: what names a result of a graph cannot be an argument of a client's call
#include <troupe/collections/graph/graph.hpp>

#include <troupe/actors/client/client.hpp>

#include <vector>

int sum(std::vector<int> const& xs) { return int(xs.size()); }

void use(troupe::client const& client, troupe::graph_node<int> one) {
  auto f = client.submit<sum>(std::vector{one, one});  // HERE
}
