#include "codec_types.hpp"

#include <troupe/net/codec/error.hpp>
#include <troupe/net/codec/schema.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>
#include <numeric>

using namespace codec_test;
using Catch::Matchers::Contains;
using troupe::buffer;
using troupe::decoder;
using troupe::encoder;
using troupe::packet;

namespace {

constexpr std::size_t threshold = encoder::attachment_threshold, reference = encoder::reference_threshold;

template <class T>
packet shared(std::shared_ptr<T> const& value) {
  encoder out;
  out.share(value);
  troupe::encode(out, *value);
  return out.take_packet();
}

/// The same without copies of what is smaller.
template <class T>
encoder::pieces referred(std::shared_ptr<T> const& value) {
  encoder out;
  out.refer_to_runs();
  out.share(value);
  troupe::encode(out, *value);
  return out.take_pieces();
}

buffer joined(std::vector<buffer> const& pieces) {
  std::vector<std::byte> all;
  for (auto const& p : pieces) all.insert(all.end(), p.bytes().begin(), p.bytes().end());
  return buffer::copy_of(all);
}

bool is_among(std::vector<buffer> const& pieces, void const* data, std::size_t size) {
  return std::ranges::any_of(pieces, [&](buffer const& p) { return p.data() == data && p.size() == size; });
}

template <class T>
T read(packet const& from) {
  decoder in(from);
  T value = troupe::decode<T>(in);
  in.expect_end();
  return value;
}

template <class T>
std::string refusal(packet const& from) {
  try {
    static_cast<void>(read<T>(from));
  } catch (troupe::codec_error const& error) {
    return error.what();
  }
  return "it was accepted";
}

template <class T>
std::byte const* address(T const* p) {
  return reinterpret_cast<std::byte const*>(p);
}

buffer numbered(std::size_t size) {
  buffer b(size);
  for (std::size_t i = 0; i < size; ++i) b.writable()[i] = static_cast<std::byte>(i * 7);
  return b;
}

struct table {
  std::string name;
  std::vector<double> prices;
  std::array<std::int16_t, threshold> codes;
  std::vector<std::byte> image;
  std::optional<std::string> text;
  friend bool operator==(table const&, table const&) = default;
};

/// A hook that encodes what it makes itself.
struct reversed {
  std::string text;
  friend void encode(encoder& out, reversed const& value) {
    troupe::encode(out, std::string(value.text.rbegin(), value.text.rend()));
  }
  friend reversed decode(decoder& in, std::type_identity<reversed>) {
    auto backwards = troupe::decode<std::string>(in);
    return {std::string(backwards.rbegin(), backwards.rend())};
  }
};

/// A hook that attaches memory of the value, where it may.
struct pixels {
  std::unique_ptr<std::byte[]> memory = std::make_unique<std::byte[]>(threshold);
  friend void encode(encoder& out, pixels const& value) {
    std::span<std::byte const> bytes(value.memory.get(), threshold);
    if (auto owner = out.owner())
      out.attach(buffer(owner, bytes));
    else
      out.attach(buffer::copy_of(bytes));
  }
  friend pixels decode(decoder& in, std::type_identity<pixels>) {
    pixels value;
    auto bytes = in.take_attachment();
    std::memcpy(value.memory.get(), bytes.data(), threshold);
    return value;
  }
};
struct frame {
  pixels inner;
  friend void encode(encoder& out, frame const& value) { troupe::encode(out, value.inner); }
  friend frame decode(decoder& in, std::type_identity<frame>) { return {troupe::decode<pixels>(in)}; }
};

}  // namespace

TEST_CASE("large runs are attached where their memory can be shared, and copied into the message elsewhere") {
  auto value = std::make_shared<table>();
  value->name = "prices";
  value->prices.assign(threshold / 8, 0.25);
  value->codes[3] = 7;
  value->image.assign(threshold, std::byte{9});
  value->text = std::string(threshold, 'x');

  encoder out;
  troupe::encode(out, *value);
  CHECK(out.attachments().empty());
  CHECK(out.size() > 5 * threshold);
  CHECK(decoded<table>(out.bytes()) == *value);

  packet const p = shared(value);
  REQUIRE(p.attachments.size() == 4);
  CHECK(p.head.size() < 100);
  CHECK(p.attachments[0].data() == address(value->prices.data()));
  CHECK(p.attachments[1].data() == address(value->codes.data()));
  CHECK(p.attachments[2].data() == address(value->image.data()));
  CHECK(p.attachments[3].data() == address(value->text->data()));
  CHECK(read<table>(p) == *value);
}

TEST_CASE("an attachment keeps the value alive whose memory it is") {
  auto value = std::make_shared<std::vector<int>>(threshold);
  std::weak_ptr<std::vector<int>> alive = value;
  auto p = std::make_unique<packet>(shared(value));
  value = nullptr;
  CHECK_FALSE(alive.expired());
  p = nullptr;
  CHECK(alive.expired());
}

TEST_CASE("a run just below the threshold is copied") {
  auto p = shared(std::make_shared<std::vector<std::uint8_t>>(threshold - 1));
  CHECK(p.attachments.empty());
  CHECK(read<std::vector<std::uint8_t>>(p).size() == threshold - 1);
  CHECK(shared(std::make_shared<std::vector<std::uint8_t>>(threshold)).attachments.size() == 1);
}

TEST_CASE("every kind of element can be attached") {
  auto check = []<class E>(E) {
    auto value = std::make_shared<std::vector<E>>(threshold);
    (*value)[threshold / 2] = static_cast<E>(77);
    auto const p = shared(value);
    CHECK(p.attachments.size() == 1);
    CHECK(read<std::vector<E>>(p) == *value);
  };
  check(char{});
  check(std::uint8_t{});
  check(std::int16_t{});
  check(std::uint16_t{});
  check(std::int32_t{});
  check(std::uint32_t{});
  check(std::int64_t{});
  check(std::uint64_t{});
  check(float{});
  check(double{});
}

TEST_CASE("a buffer travels without a copy when it is large") {
  CHECK(troupe::travels<buffer>);
  CHECK(troupe::schema_of<std::vector<buffer>>() == "list<bytes>");
  buffer const large = numbered(threshold), small = numbered(100);
  CHECK(troupe::nbytes(large) == threshold);

  encoder out;
  troupe::encode(out, std::tuple(small, large, buffer()));
  auto const p = out.take_packet();
  REQUIRE(p.attachments.size() == 1);
  CHECK(p.attachments[0].data() == large.data());
  auto const [a, b, c] = read<std::tuple<buffer, buffer, buffer>>(p);
  CHECK(a == small);
  CHECK(b.data() == large.data());
  CHECK(c.empty());
  CHECK(p.nbytes() == p.head.size() + threshold);
}

TEST_CASE("a buffer outlives the packet and the encoder that it came with") {
  buffer b;
  {
    encoder out;
    troupe::encode(out, numbered(threshold));
    b = read<buffer>(out.take_packet());
  }
  CHECK(b == numbered(threshold));
}

TEST_CASE("what a hook encodes of its own is copied, because it may be temporary") {
  auto value = std::make_shared<std::vector<reversed>>();
  value->push_back({std::string(threshold, 'a') + "b"});
  auto const p = shared(value);
  CHECK(p.attachments.empty());
  CHECK(read<std::vector<reversed>>(p)[0].text == value->at(0).text);
}

TEST_CASE("a hook attaches memory of a value that is shared, and a copy of any other") {
  auto value = std::make_shared<std::vector<pixels>>(2);
  value->at(1).memory[5] = std::byte{3};
  auto const p = shared(value);
  REQUIRE(p.attachments.size() == 2);
  CHECK(p.attachments[1].data() == value->at(1).memory.get());
  CHECK(read<std::vector<pixels>>(p)[1].memory[5] == std::byte{3});

  encoder out;
  troupe::encode(out, *value);
  REQUIRE(out.attachments().size() == 2);
  CHECK(out.attachments()[1].data() != value->at(1).memory.get());

  // A hook inside a hook does not know whether its value stays.
  auto outer = std::make_shared<frame>();
  auto const q = shared(outer);
  REQUIRE(q.attachments.size() == 1);
  CHECK(q.attachments[0].data() != outer->inner.memory.get());
  CHECK(read<frame>(q).inner.memory[5] == std::byte{0});
}

TEST_CASE("sharing goes on after a hook") {
  auto value = std::make_shared<std::tuple<celsius, std::string>>(celsius(1), std::string(threshold, 'x'));
  CHECK(shared(value).attachments.size() == 1);
}

TEST_CASE("the size of a hooked value counts what it attaches") {
  CHECK(troupe::nbytes(pixels{}) >= threshold);
  CHECK(troupe::nbytes(pixels{}) < threshold + 100);
}

TEST_CASE("encoded items are appended with their attachments") {
  encoder first;
  troupe::encode(first, std::tuple(1, numbered(threshold)));
  encoder out;
  troupe::encode(out, numbered(threshold + 1));
  out.write_encoded(first.take_packet());
  auto const p = out.take_packet();
  decoder in(p);
  CHECK(troupe::decode<buffer>(in).size() == threshold + 1);
  CHECK(std::get<1>(troupe::decode<std::tuple<int, buffer>>(in)).size() == threshold);
  in.expect_end();
}

TEST_CASE("where it is asked for, what is too small to be attached is referred to, and read as if it had been copied") {
  using parts = std::tuple<std::string, std::vector<double>, std::vector<std::byte>, buffer, std::vector<int>,
                           std::vector<bool>, std::string, std::vector<float>, int>;
  auto value = std::make_shared<parts>();
  auto& [text, numbers, bytes, own, small, bits, few, large, last] = *value;
  text.assign(reference, 't');
  numbers.assign(1025, 0.5);
  bytes.assign(threshold - 1, std::byte{9});
  own = numbered(reference);
  small.assign(reference / 4 - 1, 3);
  bits.assign(8 * reference, true);
  few = "few";
  large.assign(threshold, 1);
  last = 4;

  auto const got = referred(value);
  CHECK(got.head.size() == 9);
  CHECK(is_among(got.head, text.data(), reference));
  CHECK(is_among(got.head, numbers.data(), 8200));
  CHECK(is_among(got.head, bytes.data(), threshold - 1));
  CHECK(is_among(got.head, own.data(), reference));
  REQUIRE(got.attachments.size() == 1);
  CHECK(got.attachments[0].data() == address(large.data()));

  packet const whole{joined(got.head), got.attachments};
  CHECK(whole.head == shared(value).head);
  CHECK(read<parts>(whole) == *value);
}

TEST_CASE("every kind of element can be referred to") {
  auto check = []<class E>(E) {
    auto value = std::make_shared<std::vector<E>>(reference);
    (*value)[reference / 2] = static_cast<E>(77);
    auto const got = referred(value);
    REQUIRE(got.head.size() == 2);
    CHECK(got.head[1].data() == address(value->data()));
    packet const whole{joined(got.head), {}};
    CHECK(whole.head == shared(value).head);
    CHECK(read<std::vector<E>>(whole) == *value);
  };
  check(char{});
  check(std::uint8_t{});
  check(std::int16_t{});
  check(std::uint16_t{});
  check(std::int32_t{});
  check(std::uint32_t{});
  check(std::int64_t{});
  check(std::uint64_t{});
  check(float{});
  check(double{});
}

TEST_CASE("what is referred to lives as long as its piece") {
  auto value = std::make_shared<std::vector<double>>(reference);
  std::weak_ptr<std::vector<double>> alive = value;
  auto got = std::make_unique<encoder::pieces>(referred(value));
  value = nullptr;
  CHECK_FALSE(alive.expired());
  got = nullptr;
  CHECK(alive.expired());
}

TEST_CASE("what nobody keeps, or a hook may have made for the moment, is not referred to") {
  encoder out;
  out.refer_to_runs();
  troupe::encode(out, std::vector<double>(reference, 0.25));
  CHECK(out.take_pieces().head.size() == 1);

  auto value = std::make_shared<reversed>(reversed{std::string(reference, 'a') + "b"});
  auto const got = referred(value);
  CHECK(got.head.size() == 1);
  CHECK(read<reversed>({got.head[0], {}}).text == value->text);
}

TEST_CASE("encoded items are referred to, too") {
  auto const items =
      shared(std::make_shared<std::tuple<std::string, buffer>>(std::string(reference, 'x'), numbered(threshold)));
  encoder out;
  out.refer_to_runs();
  troupe::encode(out, 1);
  out.write_encoded(items);
  CHECK(out.size() == 1 + items.head.size());
  auto const got = out.take_pieces();
  REQUIRE(got.head.size() == 2);
  CHECK(got.head[1].data() == items.head.data());
  REQUIRE(got.attachments.size() == 1);
  CHECK(got.attachments[0].data() == items.attachments[0].data());
}

TEST_CASE("an encoder goes on to refer to runs when its pieces were taken, and ends it when it is cleared") {
  auto value = std::make_shared<std::string>(reference, 'x');
  encoder out;
  out.refer_to_runs();
  out.share(value);
  for (int i = 0; i < 2; ++i) {
    troupe::encode(out, *value);
    CHECK(out.size() == reference + 3);
    CHECK(out.take_pieces().head.size() == 2);
    CHECK(out.size() == 0);
  }
  out.clear();
  out.share(value);
  troupe::encode(out, *value);
  CHECK(decoded<std::string>(out.bytes()) == *value);
  CHECK(encoder().take_pieces().head.empty());
}

TEST_CASE("an encoder whose packet was taken, or that was cleared, begins anew") {
  encoder out;
  troupe::encode(out, numbered(threshold));
  static_cast<void>(out.take_packet());
  CHECK(out.bytes().empty());
  troupe::encode(out, 5);
  CHECK(decoded<int>(out.bytes()) == 5);
  troupe::encode(out, numbered(threshold));
  encoder moved = std::move(out);
  CHECK(moved.attachments().size() == 1);
  moved.clear();
  auto const p = moved.take_packet();
  CHECK(p.head.empty());
  CHECK(p.attachments.empty());
  CHECK(encoder().take_packet().head.empty());
}

TEST_CASE("attachments that do not fit the message are refused") {
  auto good = shared(std::make_shared<std::vector<double>>(threshold));
  auto fewer = good;
  fewer.attachments.clear();
  CHECK(refusal<std::vector<double>>(fewer) == "offset 0: expected at most 0 attachments, found one more");
  auto shorter = good;
  shorter.attachments[0] = good.attachments[0].part(8, threshold);
  CHECK_THAT(refusal<std::vector<double>>(shorter),
             Contains("expected attachment 0 of 524288 bytes, found one of 65536"));
  auto more = good;
  more.attachments.push_back(numbered(1));
  CHECK(refusal<std::vector<double>>(more) == "offset 10: expected 1 attachments, found 2");
  CHECK_THAT(refusal<std::vector<float>>(good), Contains("expected a run of f32, found an attached run of f64"));
  CHECK_THAT(refusal<std::string>(good), Contains("expected string, found extension"));
  CHECK_THAT(refusal<buffer>(good), Contains("expected binary, found extension"));
}

TEST_CASE("an attached run of a broken length is refused") {
  encoder out;
  std::uint64_t const size = 0x0300000000000000;  // 3, big-endian
  out.write_extension(16 + 2, std::as_bytes(std::span(&size, 1)));
  packet p = out.take_packet();
  p.attachments.push_back(numbered(3));
  CHECK_THAT(refusal<std::vector<std::uint32_t>>(p), Contains("expected a run of u32, found 3 bytes"));
}

TEST_CASE("an attachment is read once: a message cannot ask for copies of it") {
  encoder out;
  out.write_array(2);
  troupe::encode(out, numbered(threshold));
  std::uint64_t const size = 0x0000010000000000;  // the threshold, big-endian
  out.write_extension(16, std::as_bytes(std::span(&size, 1)));
  CHECK_THAT(refusal<std::vector<buffer>>(out.take_packet()),
             Contains("expected at most 1 attachments, found one more"));
}
