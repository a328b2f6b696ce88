// A program that is a worker and has other functions than the tests.
#include <troupe/actors/cluster/run.hpp>

double twice(double x) { return 2 * x; }

troupe::task<int> app(troupe::client client) {
  auto f = client.submit<twice>(1.0);
  co_return co_await f == 2 ? 0 : 1;
}

int main(int argc, char** argv) { return troupe::run(argc, argv, app); }
