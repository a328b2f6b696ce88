// expect: a future inside a struct cannot be an argument
#include <troupe/actors/client/client.hpp>

struct request {
  int id;
  troupe::future<int> value;
};
int handle(request const& r) { return r.id; }

void use(troupe::client const& client, request const& r) {
  auto f = client.submit<handle>(r);  // HERE
}
