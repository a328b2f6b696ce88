#include <troupe/net/link/internal/outbox.hpp>

#include "raw_peer.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <initializer_list>
#include <random>
#include <string>

using namespace troupe::test;
using troupe::buffer;
using troupe::detail::outbox;

namespace {

/// Writes at most `most` bytes of what is to be written.
std::string write(outbox& o, std::size_t most = ~std::size_t{0}) {
  std::array<iovec, 5> pieces;
  std::string bytes;
  while (bytes.size() < most && o.unwritten() > 0) {
    std::size_t count = o.gather(pieces);
    std::size_t taken = 0;
    for (std::size_t i = 0; i < count; ++i) {
      std::size_t part = std::min(pieces[i].iov_len, most - bytes.size());
      bytes.append(static_cast<char const*>(pieces[i].iov_base), part);
      taken += part;
    }
    o.written(taken);
  }
  return bytes;
}

}  // namespace

TEST_CASE("what is written is what was added, whatever is accepted meanwhile") {
  std::mt19937 random(3);
  outbox o;
  std::string expected, got;
  std::vector<std::size_t> ends{0};
  std::uint64_t accepted = 0;
  for (std::uint64_t i = 1; i <= 3000; ++i) {
    std::string body(random() % (i % 100 ? 200 : 200'000), static_cast<char>(i));
    std::string a(random() % 10'000, static_cast<char>(i + 1));
    bool const with = i % 7 == 0;
    std::vector<buffer> attachments;
    if (with) attachments.push_back(buffer::copy_of(bytes_of(a)));
    o.add_message(1, bytes_of(body), attachments, 0);
    expected += with ? message_bytes(i, body, {a.size()}) + a : message_bytes(i, body);
    ends.push_back(expected.size());
    if (random() % 20 == 0) {
      o.add_control(troupe::detail::ping_frame, {}, 0);
      expected += control_bytes(troupe::detail::ping_frame);
    }
    if (random() % 3 == 0) got += write(o, random() % 20'000);
    while (accepted < i && ends[accepted + 1] <= got.size() && random() % 3) ++accepted;
    REQUIRE(o.accepted(accepted));
  }
  got += write(o);
  CHECK(got == expected);
  CHECK(o.accepted(3000));
  CHECK(o.unaccepted() == 0);
}

TEST_CASE("writing goes back to any message that was not accepted") {
  for (std::uint64_t next = 1; next <= 21; ++next) {
    outbox o;
    std::vector<std::string> messages;
    for (std::uint64_t i = 1; i <= 20; ++i) {
      std::string body(i * 1000, 'b');
      std::vector<buffer> attachments;
      std::vector<std::uint64_t> table;
      std::string a(i % 2 ? 0 : 30'000, 'a');
      if (!a.empty()) {
        attachments.push_back(buffer::copy_of(bytes_of(a)));
        table.push_back(a.size());
      }
      o.add_message(1, bytes_of(body), attachments, 0);
      messages.push_back(message_bytes(i, body, table) + a);
    }
    write(o);
    if (next > 3) REQUIRE(o.accepted(2));
    REQUIRE(o.go_back_to(next));
    std::string expected;
    for (std::uint64_t i = next; i <= 20; ++i) expected += messages[i - 1];
    REQUIRE(write(o) == expected);
    if (next > 3) {
      CHECK_FALSE(o.go_back_to(2));
      CHECK_FALSE(o.go_back_to(22));
    }
  }
}

TEST_CASE("attachments that are joined are one for who reads them, wherever writing began again") {
  std::string const small(20, 's'), large(8200, 'l'), last(5000, 'z');
  std::string const expected = message_bytes(1, "one", {2 * (20 + 8200), 5000}) + small + large + small + large + last +
                               message_bytes(2, "two", {20}) + small + message_bytes(3, "three", {20, 5000}) + small +
                               last;
  auto pieces = [](std::initializer_list<std::string> texts) {
    std::vector<buffer> all;
    for (auto const& t : texts) all.push_back(buffer::copy_of(bytes_of(t)));
    return all;
  };
  for (std::size_t first : {0U, 60U, 90U, 8290U, 16'500U, 21'600U, 1'000'000U}) {
    outbox o;
    o.add_message(1, bytes_of("one"), pieces({small, large, small, large, last}), 0, 4);
    o.add_message(1, bytes_of("two"), pieces({small}), 0, 1);
    o.add_message(1, bytes_of("three"), pieces({small, last}), 0, 0);
    REQUIRE(o.unwritten() == expected.size());
    auto const before = write(o, first);
    CHECK(before == expected.substr(0, first));
    CHECK(write(o) == expected.substr(before.size()));
    REQUIRE(o.go_back_to(1));
    CHECK(write(o) == expected);
  }
}

TEST_CASE("what was not written whole cannot be accepted") {
  outbox o;
  CHECK(o.accepted(0));
  CHECK_FALSE(o.accepted(1));
  o.add_message(1, bytes_of("one"), {}, 0);
  o.add_message(1, bytes_of("two"), {}, 0);
  CHECK_FALSE(o.accepted(1));
  write(o, 35 + 34);
  CHECK(o.accepted(1));
  CHECK_FALSE(o.accepted(2));
  CHECK_FALSE(o.go_back_to(3));
  write(o, 1);
  CHECK(o.accepted(2));
  CHECK(o.all_accepted());
  CHECK_FALSE(o.accepted(~std::uint64_t{0}));
}

TEST_CASE("attachments are kept until the peer has them") {
  outbox o;
  auto owner = std::make_shared<std::vector<std::byte>>(100'000);
  std::weak_ptr<std::vector<std::byte>> watch = owner;
  std::vector<buffer> attachments{buffer(owner, *owner)};
  owner = nullptr;
  o.add_message(1, {}, std::move(attachments), 0);
  write(o);
  CHECK_FALSE(watch.expired());
  REQUIRE(o.accepted(1));
  CHECK(watch.expired());
}
