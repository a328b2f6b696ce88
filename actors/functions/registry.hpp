#pragma once

#include <troupe/actors/functions/call.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Which functions this program can run: every callable that a `submit` or `map` of it names, found before main, or
/// when a library is loaded. A library with functions is never unloaded. Any thread.
namespace troupe::detail {

/// One per callable, of static storage duration; puts itself on the list.
class function_node {
 public:
  explicit function_node(function_info const& (*find)()) noexcept;
  function_node(function_node const&) = delete;
  function_node& operator=(function_node const&) = delete;
  ~function_node() = default;

  /// Names are made when they are asked for.
  [[nodiscard]] function_info const& info() const { return info_(); }
  [[nodiscard]] function_node const* next() const noexcept { return next_; }

 private:
  function_info const& (*info_)();
  function_node const* next_;
};

/// A function as programs tell each other about it; travels.
struct function_description {
  std::string short_name;
  std::string full_name;
  std::string schema;
  bool is_coroutine = false;
  bool takes_context = false;
  friend bool operator==(function_description const&, function_description const&) = default;
};

[[nodiscard]] function_description describe(function_info const& function);

/// A full name and a schema, by which a function is told apart from others; travels.
using function_identity = std::pair<std::string, std::string>;

/// Of a list in its order; equal for equal lists, whatever program has them.
[[nodiscard]] std::uint64_t digest_of(std::span<function_identity const> functions);

struct function_list {
  /// By full name, then schema hash.
  std::vector<function_info const*> functions;
  /// Of their identities.
  std::uint64_t digest = 0;
  /// Counts a function as often as object files have it, or it is exported.
  std::size_t definitions = 0;
};

/// What this program can run now.
///
/// Two object files may have a function of one name and type. That is one function when it is inline or an instance of
/// a template, or when both have the same code; else the call that finds it throws troupe::error, which names both
/// files, and the function that was known first stays. Found out from the symbol tables of the files: where one is
/// missing (a stripped file), or where only addresses in the code differ, they count as one function.
[[nodiscard]] function_list local_functions();

/// In the order of the list.
[[nodiscard]] std::vector<function_identity> identities_of(function_list const& list);

/// Null when this program has no function of this name and type. Throws as local_functions does.
[[nodiscard]] function_info const* find_function(std::string_view full_name, std::uint64_t schema_hash);

/// The function of this program, where it has it, else what is known of it; lives as long as the program.
[[nodiscard]] function_info const& foreign_function(function_description const& description);

/// The function `name` of another program, or of this one, whose result is read as `result`; lives as long as the
/// program.
[[nodiscard]] function_info const& named_function(std::string name, std::string schema, std::type_info const& result,
                                                  unpack_function unpack);

/// Makes a function of this program known by another name, for as long as the program lives.
void export_function(std::string name, function_info function);

}  // namespace troupe::detail
