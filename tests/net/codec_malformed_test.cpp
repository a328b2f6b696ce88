#include "codec_types.hpp"

#include <troupe/net/codec/error.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <random>

using namespace codec_test;
using Catch::Matchers::Contains;

namespace {

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> result;
  for (int value : values) result.push_back(static_cast<std::byte>(value));
  return result;
}

template <class T>
std::string refusal(std::vector<std::byte> const& message) {
  try {
    static_cast<void>(decoded<T>(message));
  } catch (troupe::codec_error const& error) {
    return error.what();
  }
  return "it was accepted";
}

/// Either reads a value or throws codec_error; anything else fails the test.
template <class T>
bool survives(std::vector<std::byte> const& message) {
  try {
    static_cast<void>(decoded<T>(message));
    return true;
  } catch (troupe::codec_error const&) {
    return false;
  }
}

template <class T>
void every_truncation_is_refused(T const& value) {
  auto const whole = encoded(value);
  REQUIRE(survives<T>(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO(size << " of " << whole.size() << " bytes");
    // A copy of its own size: the address sanitizer sees a read past its end.
    std::vector<std::byte> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    part.shrink_to_fit();
    CHECK_FALSE(survives<T>(part));
  }
}

}  // namespace

TEST_CASE("every truncation of a message is refused") {
  every_truncation_is_refused(sample_order());
  every_truncation_is_refused(tree{1, {tree{2, {}}, tree{70000, {tree{4, {}}}}}});
  every_truncation_is_refused(std::vector<bool>(11, true));
  every_truncation_is_refused(std::vector<std::uint16_t>(300, 7));
  every_truncation_is_refused(std::string(300, 'x'));
  every_truncation_is_refused(std::vector<std::byte>(300));
  every_truncation_is_refused(std::array<std::string, 3>{"a", "b", "c"});
  every_truncation_is_refused(std::optional<std::optional<int>>(std::in_place));
  every_truncation_is_refused(celsius(1));
}

TEST_CASE("a refusal names the offset, what was expected and what was found") {
  CHECK(refusal<int>({}) == "offset 0: expected integer, found the end of the message");
  CHECK(refusal<int>(encoded(std::string("x"))) == "offset 0: expected integer, found string");
  CHECK(refusal<std::string>(encoded(1)) == "offset 0: expected string, found integer");
  CHECK(refusal<point>(encoded(std::tuple(1, std::string("y")))) == "offset 2: expected float64, found string");
  CHECK(refusal<point>(encoded(std::tuple(1))) == "offset 0: expected array of 2 items, found one of 1");
  CHECK(refusal<std::int8_t>(encoded(300)) == "offset 0: expected integer from -128 to 127, found 300");
  CHECK(refusal<unsigned>(encoded(-1)) == "offset 0: expected integer from 0 to 4294967295, found -1");
  CHECK(refusal<std::int64_t>(encoded(~0ull)) ==
        "offset 0: expected integer up to 9223372036854775807, found 18446744073709551615");
  CHECK(refusal<std::string>(bytes({0xa5, 'a'})) ==
        "offset 1: expected the text of a string (5 bytes), found 1 bytes before the end of the message");
  CHECK(refusal<bool>(bytes({0xc1})) == "offset 0: expected bool, found an unused byte (0xc1)");
  CHECK(refusal<std::vector<double>>(encoded(std::vector<float>(1))) ==
        "offset 0: expected a run of f64, found a run of f32");
  CHECK(refusal<std::vector<int>>(bytes({0xd4, 5, 0})) == "offset 0: expected a run of i32, found 1 bytes");
}

TEST_CASE("bytes after a message are refused") {
  CHECK(refusal<int>(bytes({1, 2})) == "offset 1: expected the end of the message, found 1 more bytes");
}

TEST_CASE("a length that the message does not have is refused before anything is allocated") {
  auto const huge_array = bytes({0xdd, 0xff, 0xff, 0xff, 0xff});
  CHECK_THAT(refusal<std::vector<std::string>>(huge_array), Contains("4294967295 elements"));
  CHECK_THAT(refusal<std::set<std::string>>(huge_array), Contains("4294967295 elements"));
  CHECK_THAT((refusal<std::map<int, int>>(bytes({0xdf, 0xff, 0xff, 0xff, 0xff}))), Contains("4294967295 elements"));
  CHECK_THAT(refusal<std::string>(bytes({0xdb, 0xff, 0xff, 0xff, 0xff})), Contains("4294967295 bytes"));
  CHECK_THAT(refusal<std::vector<std::byte>>(bytes({0xc6, 0xff, 0xff, 0xff, 0xff})), Contains("4294967295 bytes"));
  CHECK_THAT(refusal<std::vector<double>>(bytes({0xc9, 0xff, 0xff, 0xff, 0xff, 8})), Contains("4294967295 bytes"));
  // Two elements each: half as many pairs as bytes fit.
  CHECK_THAT((refusal<std::map<int, int>>(bytes({0x82, 1, 2, 3}))), Contains("2 elements"));
}

TEST_CASE("a map with a key twice is refused") {
  CHECK(refusal<std::map<int, int>>(bytes({0x82, 1, 2, 1, 3})) ==
        "offset 0: expected different keys, found some twice");
  CHECK(refusal<std::set<int>>(bytes({0x92, 1, 1})) == "offset 0: expected different keys, found some twice");
}

TEST_CASE("a variant with an index that it does not have is refused") {
  CHECK_FALSE(survives<std::variant<int, bool>>(bytes({0x92, 2, 0xc3})));
  CHECK(survives<std::variant<int, bool>>(bytes({0x92, 1, 0xc3})));
}

TEST_CASE("bits that do not fill their bytes are refused") {
  CHECK_FALSE(survives<std::vector<bool>>(bytes({0xd4, 9, 1})));     // unused bits of no byte
  CHECK_FALSE(survives<std::vector<bool>>(bytes({0xd5, 9, 8, 0})));  // a whole byte unused
  CHECK_FALSE(survives<std::vector<bool>>(bytes({0xc7, 0, 9})));     // not even the count
}

TEST_CASE("a message that nests structs without end is refused before the stack is used up") {
  std::vector<std::byte> deep;
  for (int level = 0; level < 1'000'000; ++level)
    for (int byte : {0x92, 1, 0x91}) deep.push_back(static_cast<std::byte>(byte));
  CHECK_THAT(refusal<tree>(deep), Contains("levels of nested structs"));

  chain links{0, nullptr};
  for (int level = 0; level < 1000; ++level) links = chain{level, std::make_unique<chain>(std::move(links))};
  CHECK_THROWS_AS(encoded(links), troupe::codec_error);
}

TEST_CASE("random bytes are read or refused, nothing else") {
  std::mt19937 random(20240917);
  std::uniform_int_distribution<int> byte(0, 255), length(0, 60);
  int accepted = 0;
  for (int round = 0; round < 3'000; ++round) {
    std::vector<std::byte> message(static_cast<std::size_t>(length(random)));
    for (auto& b : message) b = static_cast<std::byte>(byte(random));
    accepted += survives<order>(message) + survives<tree>(message) + survives<std::map<std::string, point>>(message) +
                survives<std::vector<bool>>(message) + survives<std::variant<int, std::string>>(message);
  }
  CHECK(accepted < 3'000);
}

TEST_CASE("a valid message with any one byte changed is read or refused, nothing else") {
  auto const whole = encoded(sample_order());
  int refused = 0;
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (int value = 0; value < 256; ++value) {
      auto changed = whole;
      changed[at] = static_cast<std::byte>(value);
      refused += !survives<order>(changed);
    }
  CHECK(refused > 0);
}
