#include <troupe/actors/functions/registry.hpp>
#include <troupe/actors/functions/typed_call.hpp>
#include <troupe/actors/worker/task_context.hpp>
#include <troupe/net/codec/codec.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

using troupe::detail::describe;
using troupe::detail::digest_of;
using troupe::detail::find_function;
using troupe::detail::foreign_function;
using troupe::detail::function_description;
using troupe::detail::function_info;
using troupe::detail::function_info_of;
using troupe::detail::function_tag;
using troupe::detail::identities_of;
using troupe::detail::local_functions;

namespace registry_test {

struct order {
  int id = 0;
  std::vector<double> prices;
};

int plain(int x) { return x; }
troupe::task<std::string> slow(std::string_view text) { co_return std::string(text); }
void with_context(troupe::task_context&, std::span<float const>) {}
order nested(std::map<std::string, order> const&, std::pair<bool, char>) { return {}; }
struct scale {
  double factor = 1;
  double operator()(double x) const { return factor * x; }
};
int never_submitted(int x) { return x; }

}  // namespace registry_test

namespace {

using namespace registry_test;

template <auto F>
function_info const& info = function_info_of<function_tag<F>>();

// Never called: that it is compiled is enough.
[[maybe_unused]] troupe::detail::bound_call only_written(int x) {
  return troupe::detail::bind_call(function_tag<&plain>{}, x);
}

bool is_listed(std::string_view name) {
  auto const list = local_functions().functions;
  return std::any_of(list.begin(), list.end(), [&](auto const* f) { return f->full_name == name; });
}

}  // namespace

TEST_CASE("a function that the program submits somewhere is known before it is") {
  CHECK(is_listed("registry_test::plain(int)"));
  CHECK_FALSE(is_listed("registry_test::never_submitted(int)"));
}

TEST_CASE("the type of a function is spelt with result and parameters, without contexts") {
  CHECK(info<&plain>.schema == "i32(i32)");
  CHECK(info<&slow>.schema == "str(str)");
  CHECK(info<&with_context>.schema == "void(list<f32>)");
  CHECK(info<&nested>.schema == "struct{i32,list<f64>}(map<str,struct{i32,list<f64>}>,tuple<bool,i8>)");
  CHECK(info<&plain>.schema_hash != 0);
  CHECK(function_info_of<scale>().schema == "f64(f64) of struct{f64}");
}

TEST_CASE("a function is found by its name and the hash of its type") {
  CHECK(find_function("registry_test::plain(int)", info<&plain>.schema_hash) == &info<&plain>);
  CHECK(find_function("registry_test::plain(int)", info<&plain>.schema_hash + 1) == nullptr);
  CHECK(find_function("plain", info<&plain>.schema_hash) == nullptr);
}

TEST_CASE("what is told of a function to other programs travels") {
  auto const description = describe(info<&slow>);
  troupe::encoder out;
  troupe::encode(out, description);
  troupe::decoder in(out.bytes());
  auto const read = troupe::decode<function_description>(in);
  CHECK(read == description);
  CHECK(read.short_name == "slow");
  CHECK(read.is_coroutine);
  CHECK_FALSE(read.takes_context);
  CHECK(describe(info<&with_context>).takes_context);
}

TEST_CASE("a described function is the program's own where it has it") {
  CHECK(&foreign_function(describe(info<&plain>)) == &info<&plain>);
}

TEST_CASE("a function of other programs is known once, and not run here") {
  function_description const far{"grow", "far::grow(double)", "f64(f64)", true, true};
  auto const& function = foreign_function(far);
  CHECK(&foreign_function(far) == &function);
  CHECK(describe(function) == far);
  CHECK_FALSE(function.is_here());
  CHECK(function.result == nullptr);
  auto other = far;
  other.schema = "f64(f32)";
  CHECK(&foreign_function(other) != &function);
  CHECK(find_function(far.full_name, function.schema_hash) == nullptr);
  CHECK_FALSE(is_listed(far.full_name));
}

TEST_CASE("the list is in the order of names and has a digest") {
  auto const list = local_functions();
  CHECK(std::is_sorted(list.functions.begin(), list.functions.end(),
                       [](auto const* a, auto const* b) { return a->full_name < b->full_name; }));
  CHECK(list.digest == local_functions().digest);
  CHECK(list.digest != 0);
  CHECK(list.digest == digest_of(identities_of(list)));
}

TEST_CASE("the digest of a list depends on each name, each type, and where one ends and the other begins") {
  using identities = std::vector<troupe::detail::function_identity>;
  std::vector<identities> const lists{{},
                                      {{"f", "i()"}},
                                      {{"g", "i()"}},
                                      {{"f", "i(i)"}},
                                      {{"fi", "()"}},
                                      {{"f", ""}},
                                      {{"f", ""}, {"", ""}},
                                      {{"f\ni()", ""}},
                                      {{"f", "i()"}, {"f", "i(i)"}},
                                      {{"f", "i(i)"}, {"f", "i()"}}};
  std::set<std::uint64_t> digests;
  for (auto const& list : lists) digests.insert(digest_of(list));
  CHECK(digests.size() == lists.size());
}
