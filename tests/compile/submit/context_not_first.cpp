// expect: a task cannot take this parameter by non-const reference
#include <troupe/actors/client/client.hpp>
#include <troupe/actors/worker/task_context.hpp>

int late(int x, troupe::task_context& context) { return x + context.attempt(); }

void use(troupe::client const& client) {
  auto f = client.submit<late>(1);  // HERE
}
