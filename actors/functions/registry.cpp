#include <troupe/actors/functions/function_name.hpp>
#include <troupe/actors/functions/internal/has_exports.hpp>
#include <troupe/actors/functions/internal/object_file.hpp>
#include <troupe/actors/functions/registry.hpp>
#include <troupe/net/codec/schema.hpp>

#include <fmt/format.h>

#include <atomic>
#include <cstddef>
#include <deque>
#include <exception>
#include <iterator>
#include <map>
#include <mutex>
#include <tuple>
#include <typeindex>
#include <utility>

namespace troupe::detail {
namespace {

// Nodes come before main, while other initialisation may not have run yet.
constinit std::atomic<function_node const*> newest{nullptr};
constinit std::atomic<bool> has_exports{false};

using function_key = std::pair<std::string, std::uint64_t>;
struct by_key {
  using is_transparent = void;
  template <class A, class B>
  bool operator()(A const& a, B const& b) const {
    return std::tie(a.first, a.second) < std::tie(b.first, b.second);
  }
};
/// Name, type, the result's type, and whether this program had it then.
using named_key = std::tuple<std::string, std::string, std::type_index, bool>;
using function_map = std::map<function_key, function_info const*, by_key>;

void const* invoker_of(function_info const& f) {
  return f.run_encoded ? reinterpret_cast<void const*>(f.run_encoded) : reinterpret_cast<void const*>(f.start_encoded);
}

void require_one_function(function_info const& known, function_info const& other) {
  if (known.code == other.code || !known.code || !other.code || may_be_one_function(known.code, other.code)) return;
  throw error(fmt::format("two functions are called {} and have the type {}: one in {}, another in {}", known.full_name,
                          known.schema, place_of(known.code).file, place_of(other.code).file));
}

struct known_functions {
  std::mutex mutex;
  function_map here;
  std::size_t definitions = 0;
  /// The newest node that is in `here`.
  function_node const* seen = nullptr;
  std::map<function_key, function_info, by_key> foreign;
  std::map<named_key, function_info> named;
  /// Not in `here` yet: initialisation is no place for errors.
  std::deque<function_info> newly_exported;
  std::deque<function_info> exported;

  static known_functions& instance() {
    static auto* const known = new known_functions;  // libraries may ask while the program ends
    return *known;
  }

  void add(function_info const& f) {
    ++definitions;
    auto [at, is_new] = here.try_emplace({f.full_name, f.schema_hash}, &f);
    if (!is_new) require_one_function(*at->second, f);
  }
  void look_for_more() {
    auto const* const known = std::exchange(seen, newest.load(std::memory_order_acquire));
    std::exception_ptr problem;
    auto try_add = [&](function_info const& f) {
      try {
        add(f);
      } catch (...) {
        problem = std::current_exception();
      }
    };
    for (auto const* node = seen; node != known; node = node->next()) try_add(node->info());
    for (; !newly_exported.empty(); newly_exported.pop_front()) {
      exported.push_back(std::move(newly_exported.front()));
      try_add(exported.back());
    }
    if (problem) std::rethrow_exception(problem);
  }
};

}  // namespace

function_node::function_node(function_info const& (*find)()) noexcept
    : info_(find), next_(newest.load(std::memory_order_relaxed)) {
  while (!newest.compare_exchange_weak(next_, this, std::memory_order_release, std::memory_order_relaxed)) {
  }
}

void finish(function_info& info, function_names names) {
  info.short_name = std::move(names.short_name);
  info.full_name = std::move(names.full);
  info.schema_hash = hash_schema(info.schema);
  if (!names.internal) return;
  auto const place = place_of(invoker_of(info));
  info.full_name += fmt::format("@{}+{:#x}", place.build, place.offset);
}

function_description describe(function_info const& f) {
  return {f.short_name, f.full_name, f.schema, f.is_coroutine, f.takes_context};
}

std::uint64_t digest_of(std::span<function_identity const> functions) {
  // With their lengths, so that nothing can pass from one text into the next.
  std::string text;
  for (auto const& [name, schema] : functions)
    fmt::format_to(std::back_inserter(text), "{}:{}{}:{}", name.size(), name, schema.size(), schema);
  return hash_schema(text);
}

std::vector<function_identity> identities_of(function_list const& list) {
  std::vector<function_identity> all;
  all.reserve(list.functions.size());
  for (auto const* f : list.functions) all.emplace_back(f->full_name, f->schema);
  return all;
}

function_list local_functions() {
  auto& known = known_functions::instance();
  std::lock_guard lock(known.mutex);
  known.look_for_more();
  function_list list;
  for (auto const& [key, function] : known.here) list.functions.push_back(function);
  list.digest = digest_of(identities_of(list));
  list.definitions = known.definitions;
  return list;
}

function_info const* find_function(std::string_view full_name, std::uint64_t schema_hash) {
  auto& known = known_functions::instance();
  std::lock_guard lock(known.mutex);
  known.look_for_more();
  auto const at = known.here.find(std::pair(full_name, schema_hash));
  return at == known.here.end() ? nullptr : at->second;
}

function_info const& foreign_function(function_description const& description) {
  auto const hash = hash_schema(description.schema);
  if (auto const* here = find_function(description.full_name, hash)) return *here;
  auto& known = known_functions::instance();
  std::lock_guard lock(known.mutex);
  auto [at, is_new] = known.foreign.try_emplace({description.full_name, hash});
  if (is_new) {
    function_info& f = at->second;
    f.short_name = description.short_name;
    f.full_name = description.full_name;
    f.schema = description.schema;
    f.schema_hash = hash;
    f.is_coroutine = description.is_coroutine;
    f.takes_context = description.takes_context;
  }
  return at->second;
}

function_info const& named_function(std::string name, std::string schema, std::type_info const& result,
                                    unpack_function unpack) {
  auto const hash = hash_schema(schema);
  auto const* here = find_function(name, hash);
  auto& known = known_functions::instance();
  std::lock_guard lock(known.mutex);
  auto [at, is_new] = known.named.try_emplace({name, schema, result, here != nullptr});
  function_info& f = at->second;
  if (!is_new) return f;
  if (here) f = *here;
  f.short_name = name;
  f.full_name = std::move(name);
  f.schema = std::move(schema);
  f.schema_hash = hash;
  f.result = &result;
  f.unpack = unpack;
  // Run by name, so that the result comes as the type that is wanted.
  f.run_encoded = nullptr;
  f.start_encoded = nullptr;
  return f;
}

void export_function(std::string name, function_info function) {
  function.short_name = name;
  function.full_name = std::move(name);
  function.schema_hash = hash_schema(function.schema);
  auto& known = known_functions::instance();
  std::lock_guard lock(known.mutex);
  known.newly_exported.push_back(std::move(function));
  has_exports = true;
}

}  // namespace troupe::detail

extern "C" bool troupe_has_exports() noexcept { return troupe::detail::has_exports.load(); }
