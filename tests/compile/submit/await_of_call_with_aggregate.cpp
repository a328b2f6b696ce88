// expect: GCC 12 would destroy the temporary arguments of this call twice: write two steps
// compilers: gcc
#include <troupe/actors/client/client.hpp>
#include <troupe/futures/task.hpp>

#include <string>

struct request {
  int number = 0;
  std::string text;
};

int handle(request const& r) { return r.number; }

troupe::task<int> use(troupe::client client) {
  co_return co_await client.submit<handle>(request{1, "text"});  // HERE
}
