#include <troupe/net/buffer.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

namespace {

using troupe::buffer;

std::vector<std::byte> pattern(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7 + size);
  return bytes;
}

bool holds(buffer const& b, std::vector<std::byte> const& bytes) { return std::ranges::equal(b.bytes(), bytes); }

TEST_CASE("a buffer begins where SIMD wants it and keeps all its bytes, whatever its size") {
  std::vector<buffer> buffers;
  std::vector<std::size_t> sizes{4096, std::size_t{2} << 20};
  for (std::size_t size = 1; size <= 600; ++size) sizes.push_back(size);
  for (auto size : sizes) buffers.push_back(buffer::copy_of(pattern(size)));
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    CAPTURE(sizes[i]);
    CHECK(buffers[i].size() == sizes[i]);
    CHECK(reinterpret_cast<std::uintptr_t>(buffers[i].data()) % buffer::alignment == 0);
    CHECK(holds(buffers[i], pattern(sizes[i])));
  }
}

TEST_CASE("a part keeps the memory of its buffer, also on a thread that ends later") {
  auto size = GENERATE(std::size_t{40}, std::size_t{200}, std::size_t{448}, std::size_t{449});
  buffer whole = buffer::copy_of(pattern(size));
  buffer part = whole.part(size / 2, size / 4);
  whole = {};
  auto bytes = pattern(size);
  bytes = {bytes.begin() + std::ptrdiff_t(size / 2), bytes.begin() + std::ptrdiff_t(size / 2 + size / 4)};
  bool same = false;
  std::thread([&same, &bytes, taken = std::move(part)]() mutable {
    same = holds(taken, bytes);
    taken = {};
  }).join();
  CHECK(same);
}

TEST_CASE("a buffer of no bytes owns nothing") {
  CHECK(buffer(0).empty());
  CHECK(buffer::copy_of({}).data() == nullptr);
}

}  // namespace
