#include <troupe/troupe.hpp>

#include <cstdio>

int twice(int x) { return 2 * x; }

troupe::task<int> app(troupe::client client) {
  auto answer = client.submit<twice>(21);
  std::printf("%d\n", co_await answer);
  co_return 0;
}

int main(int argc, char** argv) { return troupe::run(argc, argv, app); }
