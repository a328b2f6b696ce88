#pragma once

#include <cstdint>
#include <string>

/// Where code of this process lies: the program, or a shared library that is loaded. Any thread.
namespace troupe::detail {

struct code_place {
  /// Path of the file; that of the program for the program.
  std::string file;
  /// The ELF build id in hexadecimal; a hash of the code where the linker wrote none.
  std::string build;
  /// From where the file is loaded.
  std::uintptr_t offset = 0;
};

/// Of an address of code in this process; all empty for code that no file holds.
[[nodiscard]] code_place place_of(void const* code);

/// Whether two functions, given by their code, can be copies of one: at least one of them is defined weakly (inline, a
/// template's instance) or is in no symbol table, or their code differs in nothing but addresses.
[[nodiscard]] bool may_be_one_function(void const* a, void const* b);

}  // namespace troupe::detail
