#include <troupe/net/link/internal/block_reader.hpp>
#include <troupe/net/link/internal/compression_choice.hpp>
#include <troupe/net/link/internal/frame.hpp>

#include "raw_peer.hpp"
#include "world.hpp"

#include <catch2/catch.hpp>

#include <cstring>
#include <random>
#include <string>

using namespace troupe::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using troupe::buffer;
using troupe::detail::block_codec;
using troupe::detail::block_header;
using troupe::detail::compression_choice;
using troupe::detail::compression_features;
using troupe::detail::largest_block;
using troupe::detail::lz4_feature;
using troupe::detail::zstd_feature;

namespace {

std::string words(std::size_t size) {
  std::string text;
  for (unsigned i = 0; text.size() < size; ++i) text += "line " + std::to_string(i * 7919 % 1000) + " of the text, ";
  text.resize(size);
  return text;
}

std::string noise(std::size_t size) {
  std::mt19937 random(1);
  std::string bytes(size, '\0');
  for (auto& c : bytes) c = char(random());
  return bytes;
}

buffer as_buffer(std::string const& bytes) { return buffer::copy_of(bytes_of(bytes)); }

std::string block(std::uint32_t codec, std::uint32_t stored, std::uint32_t size, std::string const& bytes) {
  block_header h{codec, stored, size};
  std::string all(sizeof h, '\0');
  std::memcpy(all.data(), &h, sizeof h);
  return all + bytes;
}

std::string packed(block_codec codec, std::string const& bytes) {
  std::vector<std::byte> room(bytes.size() + 1000);
  auto size = troupe::detail::compress(codec, bytes_of(bytes), room);
  REQUIRE(size > 0);
  return block(std::uint32_t(codec), std::uint32_t(size), std::uint32_t(bytes.size()),
               text_of(std::span(room).first(size)));
}

/// What a reader makes of a stream that comes in pieces and is wanted in pieces.
std::string read_blocks(std::string const& bytes, std::size_t piece, std::size_t wanted = 1000) {
  troupe::detail::block_reader reader(compression_features);
  std::string all, room(wanted, '\0');
  iovec const want{room.data(), room.size()};
  std::size_t at = 0;
  while (true) {
    while (auto got = reader.take({&want, 1}, 0)) all.append(room, 0, got);
    if (at == bytes.size()) return all;
    std::size_t given = 0;
    for (auto const& space : reader.space({&want, 1})) {
      auto part = std::min({space.iov_len, bytes.size() - at, piece - given});
      std::memcpy(space.iov_base, bytes.data() + at, part);
      at += part;
      given += part;
    }
    all.append(room, 0, reader.filled(given));
  }
}

/// Two machines, or one, whose processes offer to compress.
struct two {
  explicit two(std::uint64_t client_offers, std::uint64_t server_offers, faults f = far_apart()) {
    w.usual = f;
    w.listener.features = server_offers;
    auto self = hello_of("client", 2);
    self.features = client_offers;
    w.connect(self);
    w.pass(8 * f.delay);
    REQUIRE(w.client);
    REQUIRE(w.server);
  }
  static faults far_apart() {
    faults f;
    f.far = true;
    return f;
  }
  [[nodiscard]] std::size_t went_there() const { return w.dials->wires().back()->went_there(); }

  world w;
};

}  // namespace

TEST_CASE("blocks are read back, however they come") {
  auto const text = words(200'000);
  auto const stream = packed(block_codec::lz4, text) + block(0, 5, 5, "plain") + packed(block_codec::zstd, text) +
                      block(0, 70'000, 70'000, noise(70'000)) + packed(block_codec::lz4, words(600));
  auto const expected = text + "plain" + text + noise(70'000) + words(600);
  for (std::size_t piece : {1U, 7U, 13U, 1000U, 4096U, 1'000'000U}) CHECK(read_blocks(stream, piece) == expected);
  for (std::size_t wanted : {1U, 100'000U, 1'000'000U}) CHECK(read_blocks(stream, 5000, wanted) == expected);
}

TEST_CASE("a block that was cut short is waited for, and gives nothing") {
  auto const whole = packed(block_codec::lz4, words(1000));
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK(read_blocks(whole.substr(0, size), 100).empty());
}

TEST_CASE("malformed blocks are refused, with the reason") {
  auto const small = words(100);
  CHECK_THROWS_WITH(read_blocks(block(3, 10, 20, small), 100), Contains("not agreed on: 3"));
  CHECK_THROWS_WITH(read_blocks(block(1, 0xffffffff, 0xffffffff, small), 100), Contains("at most 262144"));
  CHECK_THROWS_WITH(read_blocks(block(2, 10, largest_block + 1, small), 100), Contains("at most 262144"));
  CHECK_THROWS_WITH(read_blocks(block(1, 20, 10, small), 100), Contains("not smaller"));
  CHECK_THROWS_WITH(read_blocks(block(1, 0, 10, small), 100), Contains("not smaller"));
  CHECK_THROWS_WITH(read_blocks(block(0, 10, 11, small), 100), Contains("two sizes"));
  CHECK_THROWS_WITH(read_blocks(block(0, 0, 0, small), 100), Contains("two sizes"));
  troupe::detail::block_reader only_lz4(lz4_feature, bytes_of(packed(block_codec::zstd, words(1000))));
  std::string room(10, '\0');
  iovec const want{room.data(), room.size()};
  CHECK_THROWS_WITH(only_lz4.take({&want, 1}, 0), Contains("not agreed on: 2"));
}

TEST_CASE("compressed bytes that were changed are refused or give as many bytes, never more") {
  auto const codec = GENERATE(block_codec::lz4, block_codec::zstd);
  auto const text = words(3000);
  auto const whole = packed(codec, text);
  std::size_t refused = 0;
  for (std::size_t at = sizeof(block_header); at < whole.size(); ++at) {
    auto changed = whole;
    changed[at] = char(changed[at] ^ 0x55);
    try {
      auto const read = read_blocks(changed, 100'000);
      CHECK(read.size() == text.size());
    } catch (troupe::detail::frame_error const& e) {
      CHECK_THAT(e.what(), Contains("cannot be unpacked"));
      ++refused;
    }
  }
  CHECK(refused > 0);
  auto wrong_size = whole;
  wrong_size[8] = char(wrong_size[8] + 1);
  CHECK_THROWS_WITH(read_blocks(wrong_size, 100'000), Contains("cannot be unpacked"));
}

TEST_CASE("a link is not compressed until it has turned out to be slow") {
  compression_choice c(compression_features, false);
  auto now = troupe::time_point(1s);
  CHECK(c.next(100'000) == block_codec::none);
  c.sent(1'000'000, true, now);
  c.sent(1'000'000, true, now + 1s);
  CHECK(c.link_speed() == Approx(1e6));
  CHECK(c.next(100'000) == block_codec::zstd);
  CHECK(c.next(100) == block_codec::none);
  SECTION("nor one that has become fast") {
    c.sent(1, false, now + 2s);
    c.sent(9'000'000, false, now + 3s);
    CHECK(c.link_speed() == 0);
    CHECK(c.next(100'000) == block_codec::none);
  }
  SECTION("nor by what the other side does not know") {
    compression_choice other(lz4_feature, false);
    other.sent(1'000'000, true, now);
    other.sent(1'000'000, true, now + 1s);
    CHECK(other.next(100'000) == block_codec::lz4);
  }
}

TEST_CASE("a fast link, and bytes that hardly shrink, are not worth the time") {
  compression_choice c(compression_features, false);
  auto now = troupe::time_point(1s);
  c.sent(1'000'000, true, now);
  SECTION("a link faster than compression") {
    c.sent(2'000'000'000, true, now + 1s);
    CHECK(c.next(100'000) == block_codec::none);
  }
  SECTION("a quick codec for a middling link") {
    c.sent(150'000'000, true, now + 1s);
    CHECK(c.next(100'000) == block_codec::lz4);
  }
}

TEST_CASE("after what does not shrink nothing is tried for a while, longer each time") {
  compression_choice c(lz4_feature, true);
  CHECK(c.next(100'000) == block_codec::lz4);
  c.compressed(block_codec::lz4, 100'000, 0, 1ms);
  CHECK(c.next(100'000) == block_codec::none);
  c.passed(1 << 20);
  CHECK(c.next(100'000) == block_codec::lz4);
  c.compressed(block_codec::lz4, 100'000, 0, 1ms);
  c.passed(1 << 20);
  CHECK(c.next(100'000) == block_codec::none);
  c.passed(1 << 20);
  CHECK(c.next(100'000) == block_codec::lz4);
}

TEST_CASE("messages go compressed to another machine where both sides were told to") {
  auto const codec = GENERATE(lz4_feature, zstd_feature);
  two t(codec, compression_features);
  auto const text = words(3'000'000);
  auto const before = t.went_there();
  t.w.client->send(1, bytes_of(text), {as_buffer(text), as_buffer(noise(500'000))});
  t.w.client->send(2, bytes_of("small"));
  t.w.runs.run();
  REQUIRE(t.w.at_server.messages.size() == 2);
  CHECK(t.w.at_server.messages[0].body == text);
  CHECK(text_of(t.w.at_server.messages[0].attachments[0].bytes()) == text);
  CHECK(text_of(t.w.at_server.messages[0].attachments[1].bytes()) == noise(500'000));
  CHECK(t.w.at_server.messages[1].body == "small");
  CHECK(t.went_there() - before < 3'000'000);
}

TEST_CASE("nothing is compressed on one machine, or where one side does not want it") {
  auto const text = words(1'000'000);
  faults near;
  two one_machine(lz4_feature, lz4_feature, near);
  two unwilling(lz4_feature, 0);
  two different(lz4_feature, zstd_feature);
  for (auto* t : {&one_machine, &unwilling, &different}) {
    auto const before = t->went_there();
    t->w.client->send(1, bytes_of(text));
    t->w.runs.run();
    REQUIRE(t->w.at_server.bodies() == std::vector{text});
    CHECK(t->went_there() - before > 1'000'000);
  }
  CHECK(one_machine.w.server->peer().features == 0);
}

TEST_CASE("a link that compresses survives breaks and odd pieces") {
  auto const cut = GENERATE(300U, 5'000U, 60'000U, 200'000U);
  auto first = two::far_apart();
  first.cut_there = cut;
  first.seed = 7;
  world w({first});
  w.usual = two::far_apart();
  w.usual.seed = 9;
  w.listener.features = compression_features;
  std::vector<std::string> sent;
  w.client_begins = [&] {
    for (int i = 0; i < 30; ++i) {
      sent.push_back(std::to_string(i) + words(30'000));
      w.client->send(1, bytes_of(sent.back()), {as_buffer(noise(3000)), as_buffer(words(70'000))});
    }
  };
  auto self = hello_of("client", 2);
  self.features = lz4_feature;
  w.connect(self);
  w.pass(3s);
  CHECK(w.at_server.bodies() == sent);
  CHECK_FALSE(w.at_server.is_down());
  for (auto const& m : w.at_server.messages) {
    REQUIRE(m.attachments.size() == 2);
    CHECK(text_of(m.attachments[0].bytes()) == noise(3000));
    CHECK(text_of(m.attachments[1].bytes()) == words(70'000));
  }
}

TEST_CASE("what comes right behind the answer to a hello is not lost") {
  two t(zstd_feature, zstd_feature);
  world& w = t.w;
  w.server->close("again");
  w.runs.run();
  world second;
  second.usual = two::far_apart();
  second.listener.features = zstd_feature;
  second.server_begins = [&] {
    second.server->send(1, bytes_of(words(20'000)));
    second.server->send(1, bytes_of("two"));
  };
  auto self = hello_of("client", 2);
  self.features = zstd_feature;
  second.connect(self);
  CHECK(second.at_client.bodies() == std::vector<std::string>{words(20'000), "two"});
}

TEST_CASE("a malformed block closes the link, and both sides hear why") {
  world w;
  w.listener.features = lz4_feature;
  fault_wire wire(w.runs, two::far_apart());
  w.listens = troupe::detail::make_intrusive<troupe::detail::acceptor>(
      w.context, w.listener, w.options, troupe::detail::admission(), [&](troupe::detail::link_ptr l) {
        w.server = std::move(l);
        w.server->set_handler(&w.at_server);
      });
  raw_peer peer(wire.opener());
  w.listens->take(wire.accepter());
  auto self = hello_of("stranger", 3);
  self.features = lz4_feature;
  peer.say(greeting_bytes(self));
  w.runs.run();
  REQUIRE(w.server);
  auto const heard = peer.heard.size();
  auto const message = message_bytes(1, "heard");
  auto const stored = std::uint32_t(message.size());
  peer.say(block(0, stored, stored, message) + block(1, 10, 20, "0123456789") + "and more of it");
  w.runs.run();
  CHECK(w.at_server.bodies() == std::vector<std::string>{"heard"});
  // The answer is a block of its own, with the close frame in it.
  CHECK_THAT(peer.heard.substr(heard), Contains("malformed: a compressed block that cannot be unpacked"));
  peer.hang_up();
  w.runs.run();
  CHECK(w.at_server.reason == "malformed: a compressed block that cannot be unpacked");
  CHECK(w.context.residents() == 0);
}
