#pragma once

#include <troupe/actors/functions/registry.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace troupe::detail {

/// A shared library of tasks, loaded into this process for good.
struct task_library {
  std::string path;
  /// Its functions, exported or submitted somewhere in it, that the program did not have before.
  std::vector<function_info const*> functions;
  /// As dlopen gave it.
  void* handle = nullptr;

  /// The address of what the library has by this name in C; null where it has none.
  [[nodiscard]] void* symbol(char const* name) const;
};

/// What a library may have instead of tasks: the names in C of functions that are called when a server that was started
/// with it begins and ends (docs/command.md).
namespace preload_hook {
inline constexpr char const* setup = "troupe_setup";
inline constexpr char const* teardown = "troupe_teardown";
inline constexpr char const* setup_scheduler = "troupe_setup_scheduler";
inline constexpr char const* teardown_scheduler = "troupe_teardown_scheduler";
}  // namespace preload_hook

/// Loads a library, with all symbols resolved; one that is loaded already brings no new functions. The program must
/// export Troupe's symbols to it (ENABLE_EXPORTS in CMake, -rdynamic), so that there is one Troupe in the process.
/// Runs the library's initialisation. Any thread.
/// Throws troupe::error that names the file: it is not there or cannot be read, is no ELF file, no shared library, made
/// for another machine, lacks symbols (which), has neither tasks, nor plugins, nor hooks, exports to a Troupe of its
/// own, or has another function by a name and type that the program knows; in the last three cases it stays loaded.
[[nodiscard]] task_library load_task_library(std::filesystem::path const& path);

}  // namespace troupe::detail
