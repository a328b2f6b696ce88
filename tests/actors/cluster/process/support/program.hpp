#pragma once

#include "lines.hpp"

#include <troupe/actors/cluster/process/child_process.hpp>

#include <string>
#include <vector>

namespace troupe::test {

/// The test program with these arguments.
detail::child_options program(std::vector<std::string> const& arguments, lines* output = nullptr);

}  // namespace troupe::test
