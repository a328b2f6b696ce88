#include "codec_types.hpp"

#include <troupe/net/codec/schema.hpp>

#include <catch2/catch.hpp>

#include <any>
#include <functional>
#include <span>
#include <string_view>
#include <thread>

using namespace codec_test;
using troupe::schema_hash;
using troupe::schema_of;
using troupe::travels;
using troupe::detail::field_count;
using troupe::detail::field_types;
using troupe::detail::holds_local;
using troupe::detail::no_fields;
using troupe::detail::obstacle;
using troupe::detail::type_list;

namespace {

struct with_view {
  std::string_view text;
};
struct with_pointer {
  std::vector<int*> pointers;
};
struct with_callback {
  int x;
  std::function<void()> call;
};
struct with_reference {
  int x;
  int& other;
};
struct with_array {
  int x;
  char name[16];
};
struct base {
  int x;
};
struct derived : base {
  int y;
};
struct constant {
  int const number;
  std::string const name;
};
struct with_sealed {
  std::map<int, std::vector<sealed>> inside;
};
struct with_local {
  int x;
  std::optional<troupe::local<int*>> handle;
};
struct wide {
  int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, a1, b1, c1, d1, e1, f1;
};
struct too_wide {
  wide first;
  int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, a1, b1, c1, d1, e1, f1;
};
struct polymorphic {
  virtual ~polymorphic() = default;
};

}  // namespace

TEST_CASE("what travels is decided by all parts of a type") {
  STATIC_REQUIRE(travels<int>);
  STATIC_REQUIRE(travels<order>);
  STATIC_REQUIRE(travels<tree>);
  STATIC_REQUIRE(travels<chain>);
  STATIC_REQUIRE(travels<celsius>);
  STATIC_REQUIRE(travels<std::map<std::string, std::vector<std::optional<order>>>>);
  STATIC_REQUIRE(travels<constant>);
  STATIC_REQUIRE(travels<wide>);
  STATIC_REQUIRE(travels<troupe::local<std::thread>>);

  STATIC_REQUIRE_FALSE(travels<int*>);
  STATIC_REQUIRE_FALSE(travels<int&>);
  STATIC_REQUIRE_FALSE(travels<void>);
  STATIC_REQUIRE_FALSE(travels<void (*)()>);
  STATIC_REQUIRE_FALSE(travels<long double>);
  STATIC_REQUIRE_FALSE(travels<std::string_view>);
  STATIC_REQUIRE_FALSE(travels<std::span<int const>>);
  STATIC_REQUIRE_FALSE(travels<std::function<void()>>);
  STATIC_REQUIRE_FALSE(travels<std::any>);
  STATIC_REQUIRE_FALSE(travels<std::shared_ptr<int>>);
  STATIC_REQUIRE_FALSE(travels<std::unique_ptr<int[]>>);
  STATIC_REQUIRE_FALSE(travels<std::unique_ptr<polymorphic>>);
  STATIC_REQUIRE_FALSE(travels<sealed>);
  STATIC_REQUIRE_FALSE(travels<with_view>);
  STATIC_REQUIRE_FALSE(travels<with_pointer>);
  STATIC_REQUIRE_FALSE(travels<with_callback>);
  STATIC_REQUIRE_FALSE(travels<with_reference>);
  STATIC_REQUIRE_FALSE(travels<with_array>);
  STATIC_REQUIRE_FALSE(travels<derived>);
  STATIC_REQUIRE_FALSE(travels<too_wide>);
}

TEST_CASE("the part that keeps a type from travelling is named") {
  STATIC_REQUIRE(std::is_same_v<obstacle<with_sealed>, sealed>);
  STATIC_REQUIRE(std::is_same_v<obstacle<with_pointer>, int*>);
  STATIC_REQUIRE(std::is_same_v<obstacle<with_callback>, std::function<void()>>);
  STATIC_REQUIRE(std::is_same_v<obstacle<with_array>, with_array>);
  STATIC_REQUIRE(std::is_same_v<obstacle<order>, troupe::detail::no_obstacle>);
}

TEST_CASE("a local value is found wherever it is") {
  STATIC_REQUIRE(holds_local<with_local>);
  STATIC_REQUIRE(holds_local<std::vector<with_local>>);
  STATIC_REQUIRE_FALSE(holds_local<order>);
  STATIC_REQUIRE_FALSE(holds_local<tree>);
}

TEST_CASE("fields are counted and typed in order") {
  STATIC_REQUIRE(field_count<wide> == 32);
  STATIC_REQUIRE(field_count<with_callback> == 2);
  STATIC_REQUIRE(field_count<with_array> == no_fields);
  STATIC_REQUIRE(field_count<derived> == no_fields);
  STATIC_REQUIRE(field_count<std::monostate> == 0);
  STATIC_REQUIRE(std::is_same_v<field_types<with_reference>, type_list<int, int&>>);
  STATIC_REQUIRE(std::is_same_v<field_types<constant>, type_list<int, std::string>>);
  STATIC_REQUIRE(std::is_same_v<field_types<chain>, type_list<int, std::unique_ptr<chain>>>);
}

TEST_CASE("nbytes counts the payload alone") {
  CHECK(troupe::nbytes(7) == 4);
  CHECK(troupe::nbytes(true) == 1);
  CHECK(troupe::nbytes(std::string(100, 'x')) == 100);
  CHECK(troupe::nbytes(std::vector<double>(1'000'000)) == 8'000'000);
  CHECK(troupe::nbytes(std::vector<bool>(9)) == 2);
  CHECK(troupe::nbytes(std::array<int, 3>{}) == 12);
  CHECK(troupe::nbytes(point{}) == 12);
  CHECK(troupe::nbytes(std::vector<point>(10)) == 120);
  CHECK(troupe::nbytes(std::vector<std::string>{"a", "bcd"}) == 4);
  CHECK(troupe::nbytes(std::map<std::string, int>{{"ab", 1}, {"c", 2}}) == 11);
  CHECK(troupe::nbytes(std::unordered_map<int, double>{{1, 2}, {3, 4}}) == 24);
  CHECK(troupe::nbytes(std::optional<std::string>()) == 0);
  CHECK(troupe::nbytes(std::optional<std::string>("abc")) == 3);
  CHECK(troupe::nbytes(std::variant<int, std::string>("abc")) == 3);
  CHECK(troupe::nbytes(std::tuple<int, std::string>(1, "abc")) == 7);
  CHECK(troupe::nbytes(std::make_unique<int>(1)) == 4);
  CHECK(troupe::nbytes(std::chrono::seconds(1)) == 8);
  CHECK(troupe::nbytes(std::complex<float>()) == 8);
  CHECK(troupe::nbytes(tree{1, {tree{2, {}}, tree{3, {}}}}) == 12);
  CHECK(troupe::nbytes(chain{1, nullptr}) == 4);
  CHECK(troupe::nbytes(std::filesystem::path("/tmp")) == 4);
}

TEST_CASE("nbytes of a type with hooks is what its own nbytes says, or the size of its encoding") {
  CHECK(troupe::nbytes(celsius(1)) == 8);
  CHECK(troupe::nbytes(std::vector<celsius>{celsius(1), celsius(2)}) == 16);
  CHECK(troupe::nbytes(secret{"abc"}) == encoded(secret{"abc"}).size());
}

TEST_CASE("nbytes of a local value is that of the value, or of the object where it cannot be told") {
  CHECK(troupe::nbytes(troupe::local<std::string>("abc")) == 3);
  CHECK(troupe::nbytes(troupe::local<int*>()) == sizeof(troupe::local<int*>));
}

TEST_CASE("schemas are spelt by us, the same for every compiler") {
  CHECK(schema_of<int>() == "i32");
  CHECK(schema_of<long>() == "i64");
  CHECK(schema_of<long long>() == "i64");
  CHECK(schema_of<unsigned char>() == "u8");
  CHECK(schema_of<std::vector<double>>() == "list<f64>");
  CHECK(schema_of<std::vector<bool>>() == "list<bool>");
  CHECK(schema_of<std::vector<std::string>>() == "list<str>");
  CHECK(schema_of<std::list<std::string>>() == "list<str>");
  CHECK(schema_of<std::deque<int>>() == "items<i32>");
  CHECK(schema_of<std::array<int, 3>>() == "array<i32,3>");
  CHECK(schema_of<std::unordered_map<int, std::set<float>>>() == "map<i32,set<f32>>");
  CHECK(schema_of<std::unique_ptr<int>>() == "optional<i32>");
  CHECK(schema_of<std::chrono::milliseconds>() == "duration<i64,1/1000>");
  CHECK(schema_of<std::chrono::system_clock::time_point>() ==
        "time<std::chrono::_V2::system_clock,duration<i64,1/1000000000>>");
  CHECK(schema_of<order>() ==
        "struct{u64,str,list<struct{i32,f64}>,map<str,list<f64>>,optional<enum<u8>>,variant<struct{},i32,str>,"
        "tuple<bool,i8,f32>}");
  CHECK(schema_of<celsius>() == "custom<codec_test::celsius>");
  CHECK(schema_of<troupe::local<int*>>() == "local<troupe::local<int*>>");
}

TEST_CASE("the schema of a recursive struct refers back to it") {
  CHECK(schema_of<tree>() == "struct{i32,list<^0>}");
  CHECK(schema_of<chain>() == "struct{i32,optional<^0>}");
}

TEST_CASE("schema hashes are equal for equal schemas and fixed for all time") {
  CHECK(schema_hash<long>() == schema_hash<long long>());
  CHECK(schema_hash<long>() != schema_hash<unsigned long>());
  CHECK(schema_hash<std::pair<int, long>>() != schema_hash<std::pair<long, int>>());
  CHECK(schema_hash<int>() == troupe::detail::hash_schema("i32"));
}
