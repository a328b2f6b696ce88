#include <troupe/troupe.hpp>

int inc(int x) { return x + 1; }

troupe::task<int> app(troupe::client client) {
  auto result = client.submit<inc>(1);
  co_return co_await result;
}
