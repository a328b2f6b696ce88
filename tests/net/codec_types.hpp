#pragma once

#include <troupe/net/codec/codec.hpp>

#include <array>
#include <chrono>
#include <complex>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

/// Types that a user of the codec might have.
namespace codec_test {

enum class colour : std::uint8_t { red = 1, green = 200 };

struct point {
  int x = 0;
  double y = 0;
  friend bool operator==(point const&, point const&) = default;
};

struct order {
  std::uint64_t id;
  std::string customer;
  std::vector<point> route;
  std::map<std::string, std::vector<double>> readings;
  std::optional<colour> paint;
  std::variant<std::monostate, int, std::string> note;
  std::tuple<bool, char, float> flags;
  friend bool operator==(order const&, order const&) = default;
};

inline order sample_order() {
  return {18'000'000'000'000'000'000u, "Ada & Söhne", {{1, 2.5}, {-70000, 1e300}},
          {{"a", {1, 2}}, {"", {}}},   colour::green, std::string(40, 'n'),
          {true, 'x', 0.25F}};
}

/// Recursive.
struct tree {
  int value = 0;
  std::vector<tree> children;
  friend bool operator==(tree const&, tree const&) = default;
};

/// Move-only and recursive.
struct chain {
  int value = 0;
  std::unique_ptr<chain> next;
};

/// Not an aggregate; has hooks, found beside it.
class celsius {
 public:
  explicit celsius(double degrees) : degrees_(degrees) {}
  [[nodiscard]] double degrees() const { return degrees_; }
  friend bool operator==(celsius const&, celsius const&) = default;

 private:
  double degrees_;
};

inline void encode(troupe::encoder& out, celsius const& value) { troupe::encode(out, value.degrees()); }
inline celsius decode(troupe::decoder& in, std::type_identity<celsius>) { return celsius(troupe::decode<double>(in)); }
inline std::size_t nbytes(celsius const&) { return 8; }

/// An aggregate whose hooks win over its fields; no nbytes of its own.
struct secret {
  std::string text;
  friend void encode(troupe::encoder& out, secret const& value) {
    std::string reversed(value.text.rbegin(), value.text.rend());
    troupe::encode(out, reversed);
  }
  friend secret decode(troupe::decoder& in, std::type_identity<secret>) {
    auto reversed = troupe::decode<std::string>(in);
    return {std::string(reversed.rbegin(), reversed.rend())};
  }
  friend bool operator==(secret const&, secret const&) = default;
};

/// Neither an aggregate nor hooked.
class sealed {
 public:
  [[nodiscard]] int value() const { return value_; }

 private:
  int value_ = 0;
};

template <class T>
std::vector<std::byte> encoded(T const& value) {
  troupe::encoder out;
  troupe::encode(out, value);
  return {out.bytes().begin(), out.bytes().end()};
}

template <class T>
T decoded(std::span<std::byte const> bytes) {
  troupe::decoder in(bytes);
  T value = troupe::decode<T>(in);
  in.expect_end();
  return value;
}

template <class T>
T round_trip(T const& value) {
  return decoded<T>(encoded(value));
}

}  // namespace codec_test
