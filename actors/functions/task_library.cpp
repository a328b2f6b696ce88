#include <troupe/actors/functions/internal/has_exports.hpp>
#include <troupe/actors/functions/internal/object_file.hpp>
#include <troupe/actors/functions/task_library.hpp>
#include <troupe/futures/errors.hpp>

#include <fmt/format.h>
#include <dlfcn.h>
#include <elf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <ios>
#include <mutex>
#include <set>
#include <string_view>
#include <system_error>

namespace troupe::detail {
namespace {

[[noreturn]] void refuse(std::filesystem::path const& path, std::string_view reason) {
  throw error(fmt::format("{} cannot be loaded as a library of tasks: {}", path.string(), reason));
}

// What the dynamic linker says of these is hard to understand.
void require_shared_library(std::filesystem::path const& path) {
  std::error_code problem;
  auto const status = std::filesystem::status(path, problem);
  if (!std::filesystem::exists(status)) refuse(path, "there is no such file");
  if (!std::filesystem::is_regular_file(status)) refuse(path, "it is no regular file");
  std::ifstream in(path, std::ios::binary);
  if (!in) refuse(path, std::generic_category().message(errno));
  Elf64_Ehdr header{};
  in.read(reinterpret_cast<char*>(&header), sizeof header);
  if (in.gcount() < SELFMAG || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    refuse(path, "it is no shared library (no ELF file)");
  if (static_cast<std::size_t>(in.gcount()) < sizeof header) refuse(path, "it is cut off");
  if (header.e_type != ET_DYN) refuse(path, "it is an object file or a program, no shared library");
}

bool has_hooks(task_library const& library) {
  using namespace preload_hook;
  auto const all = {setup, teardown, setup_scheduler, teardown_scheduler};
  return std::any_of(all.begin(), all.end(), [&](char const* name) { return library.symbol(name) != nullptr; });
}

/// Whether its initialisation has exported to a Troupe of its own. Where the program's took its place, its own has
/// none.
bool exports_to_itself(task_library const& library) {
  auto const asked = reinterpret_cast<decltype(&troupe_has_exports)>(library.symbol("troupe_has_exports"));
  return asked && asked != &troupe_has_exports && asked();
}

}  // namespace

void* task_library::symbol(char const* name) const { return ::dlsym(handle, name); }

task_library load_task_library(std::filesystem::path const& path) {
  // Two at once would take each other's functions for their own.
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  require_shared_library(path);
  auto const before = local_functions();
  auto const file = std::filesystem::absolute(path);
  // What has functions that others refer to is never unloaded.
  constexpr int how = RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE;
  bool const is_new = ::dlopen(file.c_str(), how | RTLD_NOLOAD) == nullptr;
  task_library library{file.string(), {}, ::dlopen(file.c_str(), how)};
  if (!library.handle) refuse(path, ::dlerror());
  function_list after;
  try {
    after = local_functions();
  } catch (error const& problem) {
    refuse(path, problem.what());
  }
  if (is_new && exports_to_itself(library))
    refuse(path,
           "it brought a Troupe of its own, because the program does not export its symbols: ENABLE_EXPORTS in CMake, "
           "-rdynamic");
  if (is_new && after.definitions == before.definitions && !has_hooks(library))
    refuse(path,
           "it has no tasks (or it brought a Troupe of its own, because the program does not export its symbols: "
           "-rdynamic)");
  std::set<function_info const*> const known(before.functions.begin(), before.functions.end());
  for (auto const* f : after.functions)
    if (!known.contains(f)) library.functions.push_back(f);
  return library;
}

}  // namespace troupe::detail
