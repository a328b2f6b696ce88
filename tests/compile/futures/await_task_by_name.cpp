// expect: a task is awaited once: write `co_await std::move\(task\)`
#include <troupe/futures/task.hpp>

#include <utility>

troupe::task<int> one() { co_return 1; }

troupe::task<int> moved() {
  auto t = one();
  co_return co_await std::move(t);
}

troupe::task<int> named() {
  auto t = one();
  co_return co_await t;  // HERE
}
