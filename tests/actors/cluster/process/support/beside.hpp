#pragma once

#include <troupe/actors/cluster/process/child_process.hpp>

#include <filesystem>
#include <string>

namespace troupe::test {

/// The path of a program that is built into the same folder as this one, or relative to it.
inline std::string beside(std::string const& path) {
  return (std::filesystem::path(detail::this_program()).parent_path() / path).lexically_normal().string();
}

}  // namespace troupe::test
