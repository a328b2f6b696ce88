#include <troupe/actors/cluster/run.hpp>

#include "program.hpp"

namespace troupe::test {

// Set before main.
bool const can_be_worker = [] {
  before_tests = [](int argc, char** argv) { troupe::init(argc, argv); };
  return true;
}();

}  // namespace troupe::test
