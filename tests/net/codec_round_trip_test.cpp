#include "codec_types.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace codec_test;
using namespace std::chrono_literals;

namespace {

template <class T>
void comes_back(T const& value) {
  CHECK(round_trip(value) == value);
}

template <class T>
void limits_come_back() {
  for (T value : {std::numeric_limits<T>::min(), std::numeric_limits<T>::max(), T(0), T(1), T(31), T(32), T(127)})
    comes_back(value);
}

}  // namespace

TEST_CASE("integers of every width come back, at their limits too") {
  limits_come_back<char>();
  limits_come_back<signed char>();
  limits_come_back<unsigned char>();
  limits_come_back<short>();
  limits_come_back<unsigned short>();
  limits_come_back<int>();
  limits_come_back<unsigned>();
  limits_come_back<long>();
  limits_come_back<unsigned long>();
  limits_come_back<long long>();
  limits_come_back<unsigned long long>();
  limits_come_back<char32_t>();
  limits_come_back<wchar_t>();
}

TEST_CASE("integers around every change of their written form come back") {
  for (int bits : {5, 7, 8, 15, 16, 31, 32, 62})
    for (std::int64_t near : {-2, -1, 0, 1, 2}) {
      comes_back((std::int64_t{1} << bits) + near);
      comes_back(-(std::int64_t{1} << bits) + near);
    }
}

TEST_CASE("floating point numbers come back bit by bit") {
  for (double value : {0.0, -0.0, 1.5, 1e-308, std::numeric_limits<double>::infinity()}) comes_back(value);
  comes_back(std::numeric_limits<float>::denorm_min());
  CHECK(std::isnan(round_trip(std::numeric_limits<double>::quiet_NaN())));
  CHECK(std::signbit(round_trip(-0.0)));
}

TEST_CASE("bool, enums and bytes come back") {
  comes_back(true);
  comes_back(false);
  comes_back(colour::green);
  comes_back(std::byte{0xff});
}

TEST_CASE("strings of every header size come back, with zeros inside") {
  for (std::size_t size : {0u, 1u, 31u, 32u, 255u, 256u, 65535u, 65536u}) comes_back(std::string(size, '\0'));
  comes_back(std::u8string(u8"größer"));
  comes_back(std::wstring(L"wide"));
  comes_back(std::filesystem::path("/usr/share/doc"));
}

TEST_CASE("contiguous numbers come back, whatever their number and width") {
  for (std::size_t n : {0u, 1u, 2u, 3u, 4u, 5u, 8u, 16u, 100u, 40000u}) {
    comes_back(std::vector<double>(n, 1.25));
    comes_back(std::vector<float>(n, -1.25F));
    comes_back(std::vector<std::int16_t>(n, -300));
    comes_back(std::vector<std::uint64_t>(n, ~0ull));
    comes_back(std::vector<char>(n, 'c'));
    comes_back(std::vector<std::byte>(n, std::byte{7}));
  }
  comes_back(std::array<int, 3>{1, -2, 3});
  comes_back(std::array<std::byte, 2>{});
  comes_back(std::array<int, 0>{});
}

TEST_CASE("vector<bool> comes back for every number of bits") {
  for (std::size_t n = 0; n < 20; ++n) {
    std::vector<bool> bits(n);
    for (std::size_t i = 0; i < n; ++i) bits[i] = i % 3 == 0;
    comes_back(bits);
  }
}

TEST_CASE("containers of every header size come back") {
  for (std::size_t n : {0u, 15u, 16u, 65535u, 65536u}) comes_back(std::vector<std::string>(n, "s"));
  std::map<int, int> map;
  for (int i = 0; i < 70000; ++i) {
    map[i] = -i;
    if (map.size() == 15 || map.size() == 16) comes_back(map);
  }
  comes_back(map);
}

TEST_CASE("standard containers come back") {
  comes_back(std::deque<int>{1, 2, 3});
  comes_back(std::list<std::string>{"a", "b"});
  comes_back(std::vector<std::vector<bool>>{{true}, {}, {false, true}});
  comes_back(std::array<std::string, 2>{"x", "y"});
  comes_back(std::set<std::string>{"b", "a"});
  comes_back(std::multiset<int>{1, 1, 2});
  comes_back(std::unordered_set<int>{5, 6, 7});
  comes_back(std::unordered_map<std::string, std::vector<int>>{{"one", {1}}, {"none", {}}});
  comes_back(std::multimap<int, int>{{1, 2}, {1, 3}});
  comes_back(std::map<std::pair<int, int>, std::set<colour>>{{{1, 2}, {colour::red}}});
}

TEST_CASE("optional, variant, pair and tuple come back") {
  comes_back(std::optional<int>());
  comes_back(std::optional<int>(3));
  comes_back(std::variant<int, std::string, point>(point{1, 2}));
  comes_back(std::variant<std::monostate, int>());
  comes_back(std::pair<int, std::string>(1, "x"));
  comes_back(std::tuple<>());
  comes_back(std::tuple<std::tuple<int>, std::string>({1}, "x"));
  comes_back(std::complex<double>(1, -2));
}

TEST_CASE("nested optionals keep apart empty and holding an empty one") {
  using twice = std::optional<std::optional<int>>;
  comes_back(twice());
  comes_back(twice(std::in_place));
  comes_back(twice(std::optional<int>(3)));
  CHECK(encoded(twice()) != encoded(twice(std::in_place)));
}

TEST_CASE("durations and time points come back") {
  comes_back(5ms);
  comes_back(std::chrono::duration<double>(0.5));
  comes_back(std::chrono::system_clock::now());
  comes_back(std::chrono::sys_days(std::chrono::days(20000)));
}

TEST_CASE("structs come back without macros, nested and recursive ones too") {
  comes_back(point{3, 4.5});
  comes_back(sample_order());
  comes_back(tree{1, {tree{2, {}}, tree{3, {tree{4, {}}}}}});
  comes_back(std::vector<order>(20, sample_order()));
}

TEST_CASE("values that can only be moved come back") {
  chain links{1, std::make_unique<chain>(chain{2, std::make_unique<chain>(chain{3, nullptr})})};
  auto back = decoded<chain>(encoded(links));
  REQUIRE(back.next);
  REQUIRE(back.next->next);
  CHECK(back.next->next->value == 3);
  CHECK_FALSE(back.next->next->next);

  std::vector<std::unique_ptr<std::string>> pointers(2);
  pointers[1] = std::make_unique<std::string>("x");
  auto both = decoded<decltype(pointers)>(encoded(pointers));
  CHECK_FALSE(both[0]);
  CHECK(*both[1] == "x");
}

TEST_CASE("hooks beside a type decide its encoding") {
  comes_back(celsius(21.5));
  comes_back(secret{"abc"});
  CHECK(decoded<std::string>(encoded(secret{"abc"})) == "cba");
  comes_back(std::vector<celsius>{celsius(1), celsius(2)});
  comes_back(std::optional<celsius>(celsius(1)));
  comes_back(std::map<std::string, secret>{{"k", {"v"}}});
}

TEST_CASE("integers are read in any type that they fit") {
  CHECK(decoded<std::int8_t>(encoded(std::uint64_t{100})) == 100);
  CHECK(decoded<std::uint64_t>(encoded(std::int8_t{100})) == 100);
  CHECK(decoded<double>(encoded(0.5F)) == 0.5);
}

TEST_CASE("an encoder appends item after item, and forgets them when cleared") {
  troupe::encoder out(16);
  troupe::encode(out, 1);
  troupe::encode(out, std::string(1000, 'x'));
  troupe::encoder moved = std::move(out);
  troupe::decoder in(moved.bytes());
  CHECK(troupe::decode<int>(in) == 1);
  CHECK(troupe::decode<std::string>(in).size() == 1000);
  in.expect_end();
  moved.clear();
  CHECK(moved.size() == 0);
}

TEST_CASE("a local value is refused by the encoder") {
  troupe::encoder out;
  CHECK_THROWS_AS(troupe::encode(out, troupe::local<int>(3)), troupe::codec_error);
}
