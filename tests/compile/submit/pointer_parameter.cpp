// expect: a task cannot take a pointer
#include <troupe/actors/client/client.hpp>

int length(char const* text) { return *text; }

void use(troupe::client const& client) {
  auto f = client.submit<length>("text");  // HERE
}
