#define CATCH_CONFIG_RUNNER
#include "program.hpp"

#include <catch2/catch.hpp>

namespace troupe::test {
constinit beginning before_tests = nullptr;
}

int main(int argc, char** argv) {
  if (troupe::test::before_tests) troupe::test::before_tests(argc, argv);
  return Catch::Session().run(argc, argv);
}
