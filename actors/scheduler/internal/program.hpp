#pragma once

#include <troupe/actors/functions/call.hpp>

#include <map>
#include <memory>
#include <set>
#include <string>

namespace troupe::detail {

/// Names and types of the functions that a program can run.
using program_functions = std::map<std::string, std::set<std::string>>;

/// The program that a worker runs.
struct worker_program {
  /// For people.
  std::string name;
  /// Null: the program of the scheduler, which passes calls by pointer.
  std::shared_ptr<program_functions const> functions;

  [[nodiscard]] bool can_run(function_info const& f) const {
    if (!functions) return true;
    auto known = functions->find(f.full_name);
    return known != functions->end() && known->second.contains(f.schema);
  }
};

}  // namespace troupe::detail
