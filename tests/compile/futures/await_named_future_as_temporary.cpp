// A call that returns a named_future is awaited in two steps.
// expect: two steps, `auto f = call\(…\); co_await f;`
#include <troupe/futures/named_future.hpp>
#include <troupe/futures/promise.hpp>
#include <troupe/futures/task.hpp>

troupe::named_future<int> call() { return troupe::make_ready_future(1); }

troupe::task<int> two_steps() {
  auto f = call();
  co_return co_await f;
}

troupe::task<int> one_step() {
  int value = co_await call();  // HERE
  co_return value;
}
