#include "codec_types.hpp"

#include <catch2/catch.hpp>
#include <msgpack.hpp>

#include <limits>

// msgpack-c is the oracle: it reads what we write and we read what it writes.

using namespace codec_test;

namespace {

template <class T>
msgpack::object_handle unpacked(T const& value) {
  auto const bytes = encoded(value);
  std::size_t used = 0;
  auto handle = msgpack::unpack(reinterpret_cast<char const*>(bytes.data()), bytes.size(), used);
  CHECK(used == bytes.size());
  return handle;
}

template <class T>
std::vector<std::byte> packed(T const& value) {
  msgpack::sbuffer buffer;
  msgpack::pack(buffer, value);
  auto const* data = reinterpret_cast<std::byte const*>(buffer.data());
  return {data, data + buffer.size()};
}

/// Ours and msgpack-c's are the same bytes, and either reads the other's.
template <class T>
void agrees(T const& value) {
  CHECK(encoded(value) == packed(value));
  CHECK(unpacked(value).get().template as<T>() == value);
  CHECK(decoded<T>(packed(value)) == value);
}

}  // namespace

TEST_CASE("msgpack-c writes integers in the same bytes") {
  for (int bits = 0; bits < 63; ++bits)
    for (std::int64_t near : {-2, -1, 0, 1, 2}) {
      agrees((std::int64_t{1} << bits) + near);
      agrees(-(std::int64_t{1} << bits) + near);
      agrees((std::uint64_t{1} << bits) + 3);
    }
  agrees(std::numeric_limits<std::int64_t>::min());
  agrees(std::numeric_limits<std::uint64_t>::max());
  agrees(std::int8_t{-128});
  agrees(std::uint16_t{65535});
}

TEST_CASE("msgpack-c writes bool, numbers, strings and containers in the same bytes") {
  agrees(true);
  agrees(false);
  agrees(0.1);
  agrees(0.1F);
  for (std::size_t size : {0u, 1u, 31u, 32u, 255u, 256u, 65535u, 65536u}) {
    agrees(std::string(size, 'x'));
    agrees(std::vector<std::string>(size, "y"));
    std::map<unsigned, std::string> map;
    for (unsigned i = 0; i < size; ++i) map[i] = "v";
    agrees(map);
  }
  agrees(std::tuple<int, std::string, double>(1, "b", 2.5));
  agrees(std::optional<int>());
  agrees(std::optional<int>(5));
  agrees(std::map<std::string, std::vector<std::tuple<int, bool>>>{{"k", {{1, true}, {2, false}}}});
}

TEST_CASE("msgpack-c reads structs as arrays of their fields") {
  auto handle = unpacked(point{3, 4.5});
  REQUIRE(handle.get().type == msgpack::type::ARRAY);
  CHECK(handle.get().as<std::tuple<int, double>>() == std::tuple(3, 4.5));
}

TEST_CASE("msgpack-c reads runs of numbers as binaries and extensions") {
  auto bytes = unpacked(std::vector<unsigned char>{1, 2, 255});
  CHECK(bytes.get().as<std::vector<unsigned char>>() == std::vector<unsigned char>{1, 2, 255});

  for (std::size_t n : {0u, 1u, 2u, 3u, 31u, 32u, 8191u, 8192u}) {
    std::vector<double> const numbers(n, 1.5);
    auto handle = unpacked(numbers);
    REQUIRE(handle.get().type == msgpack::type::EXT);
    auto const& extension = handle.get().via.ext;
    CHECK(extension.type() == 8);
    REQUIRE(extension.size == n * sizeof(double));
    std::vector<double> read(n);
    if (n > 0) std::memcpy(read.data(), extension.data(), extension.size);
    CHECK(read == numbers);
  }
}

TEST_CASE("msgpack-c reads whole messages of ours") {
  auto handle = unpacked(sample_order());
  REQUIRE(handle.get().type == msgpack::type::ARRAY);
  CHECK(handle.get().via.array.size == 7);
}
