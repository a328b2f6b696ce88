// expect: a type cannot travel: it needs encode
#include <troupe/actors/client/client.hpp>

struct view {
  int size;
  char const* text;
};
view look(int n) { return {n, ""}; }

void use(troupe::client const& client) {
  auto f = client.submit<look>(1);  // HERE
}
