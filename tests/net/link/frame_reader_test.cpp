#include <troupe/net/link/internal/frame_reader.hpp>

#include "raw_peer.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>
#include <random>

using namespace troupe::test;
using troupe::detail::frame;
using troupe::detail::frame_reader;

namespace {

/// Gives the reader as much of `bytes` as it has space for, at most `most`; how much that was.
std::size_t feed(frame_reader& r, std::string_view bytes, std::size_t most) {
  std::size_t given = 0, limit = std::min(most, bytes.size());
  for (iovec const& s : r.space()) {
    std::size_t part = std::min(s.iov_len, limit - given);
    std::memcpy(s.iov_base, bytes.data() + given, part);
    given += part;
  }
  r.filled(given);
  return given;
}

struct kept_frame {
  std::uint64_t sequence;
  std::string body;
  std::vector<std::string> attachments;
  friend bool operator==(kept_frame const&, kept_frame const&) = default;
};

std::vector<kept_frame> read_all(std::string const& bytes, std::function<std::size_t()> const& piece) {
  frame_reader r(std::uint64_t{1} << 30);
  std::vector<kept_frame> got;
  frame f;
  for (std::size_t at = 0; at < bytes.size();) {
    at += feed(r, std::string_view(bytes).substr(at), piece());
    while (r.next(f)) {
      kept_frame k{f.header.sequence, text_of(f.body), {}};
      for (auto const& a : f.attachments) k.attachments.push_back(text_of(a.bytes()));
      got.push_back(std::move(k));
    }
  }
  CHECK_FALSE(r.in_a_frame());
  return got;
}

std::size_t total(std::span<iovec const> space) {
  std::size_t sum = 0;
  for (iovec const& s : space) sum += s.iov_len;
  return sum;
}

}  // namespace

TEST_CASE("frames are the same however the bytes come") {
  std::mt19937 random(7);
  std::string bytes;
  std::vector<kept_frame> expected;
  std::vector<std::size_t> const sizes{0, 1, 100, 5000, 65535, 65536, 70000, 300'000};
  for (std::uint64_t i = 1; i <= 60; ++i) {
    kept_frame k{i, std::string(random() % 3 ? random() % 200 : random() % 600'000, static_cast<char>(i)), {}};
    if (i % 4 == 0)
      for (auto n = random() % 6; n > 0; --n)
        k.attachments.emplace_back(sizes[random() % sizes.size()], static_cast<char>(i + n));
    std::vector<std::uint64_t> table;
    for (auto const& a : k.attachments) table.push_back(a.size());
    bytes += message_bytes(i, k.body, table);
    for (auto const& a : k.attachments) bytes += a;
    expected.push_back(std::move(k));
  }
  CHECK(read_all(bytes, [] { return ~std::size_t{0}; }) == expected);
  CHECK(read_all(bytes, [] { return std::size_t{1000}; }) == expected);
  CHECK(read_all(bytes, [&] { return std::size_t{1} + random() % 300; }) == expected);
  CHECK(read_all(bytes, [&] { return std::size_t{1} + random() % 300'000; }) == expected);
}

TEST_CASE("small frames are the same byte by byte") {
  std::string bytes;
  std::vector<kept_frame> expected;
  for (std::uint64_t i = 1; i <= 20; ++i) {
    kept_frame k{i, std::string(i, 'b'), {}};
    if (i % 2) k.attachments = {std::string(i, 'a'), ""};
    std::vector<std::uint64_t> table;
    for (auto const& a : k.attachments) table.push_back(a.size());
    bytes += message_bytes(i, k.body, table);
    for (auto const& a : k.attachments) bytes += a;
    expected.push_back(std::move(k));
  }
  CHECK(read_all(bytes, [] { return std::size_t{1}; }) == expected);
}

TEST_CASE("a header alone has no memory reserved for what it claims") {
  frame_reader r(std::uint64_t{1} << 40);
  troupe::detail::frame_header h;
  h.type = 1;
  h.sequence = 1;
  h.body = 0xffffffff;
  feed(r, {reinterpret_cast<char const*>(&h), sizeof h}, 1000);
  frame f;
  CHECK_FALSE(r.next(f));
  CHECK(total(r.space()) <= 4096);
  std::string const megabyte(1 << 20, 'x');
  for (std::size_t come = 0; come < megabyte.size();) come += feed(r, megabyte, ~std::size_t{0});
  CHECK_FALSE(r.next(f));
  CHECK(total(r.space()) <= 2U << 20);
}

TEST_CASE("a large attachment is received where it stays") {
  frame_reader r(std::uint64_t{1} << 40);
  feed(r, message_bytes(1, "body", {1 << 20, 2 << 20}), 1000);
  frame f;
  CHECK_FALSE(r.next(f));
  auto space = r.space();
  REQUIRE(space.size() == 3);
  CHECK(space[0].iov_len == 1 << 20);
  CHECK(space[1].iov_len == 2 << 20);
  void const* first = space[0].iov_base;
  void const* second = space[1].iov_base;
  feed(r, std::string(3 << 20, 'a'), ~std::size_t{0});
  REQUIRE(r.next(f));
  CHECK(f.attachments[0].data() == first);
  CHECK(f.attachments[1].data() == second);
  CHECK(text_of(f.body) == "body");
}

TEST_CASE("the sizes of attachments count in the limit, as they do where a message is sent") {
  auto read = [](std::uint64_t limit) {
    frame_reader r(limit);
    feed(r, message_bytes(1, "body", {40, 40}) + std::string(80, 'a'), 1000);
    frame f;
    return r.next(f);
  };
  CHECK(read(100));
  CHECK_THROWS_AS(read(99), troupe::detail::frame_error);
}

TEST_CASE("a reader that begins again has forgotten half a frame") {
  frame_reader r(1 << 20);
  frame f;
  feed(r, message_bytes(1, "half", {100'000}), 40);
  CHECK_FALSE(r.next(f));
  CHECK(r.in_a_frame());
  r.restart();
  CHECK_FALSE(r.in_a_frame());
  feed(r, message_bytes(2, "whole"), 1000);
  REQUIRE(r.next(f));
  CHECK(f.header.sequence == 2);
}
