#pragma once

namespace troupe::test {

using beginning = void (*)(int argc, char** argv);

/// What a test program does before its tests; null for nothing.
extern beginning before_tests;

}  // namespace troupe::test
