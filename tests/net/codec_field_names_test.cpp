#include "codec_types.hpp"

#include <troupe/net/codec/field_names.hpp>

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <string_view>
#include <vector>

// The texts are fixed: clang and GCC must both find them.

using namespace codec_test;
using troupe::detail::field_name;
using troupe::detail::field_names;

namespace {

struct hidden {
  int x;
  std::vector<hidden> Again_2;
  codec_test::point value;
  std::array<char, 3> y_;
};
struct one {
  std::string only;
};
struct constants {
  int const number;
  std::string const name;
};
template <class T>
struct of_a {
  T first;
  typename T::value_type second;
};
struct owner {
  std::unique_ptr<int> pointer;
  void* raw;
  int (*function)(int);
};
struct wide {
  int a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, a1, b1, c1, d1, e1, f1;
};

template <class T>
std::vector<std::string> names() {
  return {field_names<T>.begin(), field_names<T>.end()};
}
using list = std::vector<std::string>;

}  // namespace

TEST_CASE("fields have the names that the source gives them") {
  CHECK(names<point>() == list{"x", "y"});
  CHECK(names<order>() == list{"id", "customer", "route", "readings", "paint", "note", "flags"});
  CHECK(names<hidden>() == list{"x", "Again_2", "value", "y_"});
  CHECK(names<one>() == list{"only"});
  CHECK(names<constants>() == list{"number", "name"});
  CHECK(names<of_a<std::string>>() == list{"first", "second"});
  CHECK(names<owner>() == list{"pointer", "raw", "function"});
  CHECK(names<chain>() == list{"value", "next"});
}

TEST_CASE("a struct without fields has no names, a wide one all of its own") {
  CHECK(names<std::monostate>().empty());
  CHECK(names<wide>().size() == 32);
  CHECK(field_name<wide, 31> == "f1");
}

TEST_CASE("a local struct has names") {
  struct local {
    int inner;
    double Other;
  };
  CHECK(names<local>() == list{"inner", "Other"});
}

TEST_CASE("names are known at compile time") { STATIC_REQUIRE(field_name<point, 1> == "y"); }
