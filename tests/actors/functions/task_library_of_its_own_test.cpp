#include <troupe/actors/functions/task_library.hpp>
#include <troupe/futures/errors.hpp>

#include <catch2/catch.hpp>

#include <string>

// This program does not export its symbols. TASK_LIBRARIES comes from CMake.

using Catch::Matchers::Contains;

TEST_CASE("a library whose tasks a program cannot see is refused, although it has hooks") {
  CHECK_THROWS_WITH(
      troupe::detail::load_task_library(std::string(TASK_LIBRARIES) + "/greeter.so"),
      Contains("it brought a Troupe of its own, because the program does not export its symbols: ENABLE_EXPORTS"));
}
