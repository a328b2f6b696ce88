#include "function_types.hpp"

#include <troupe/net/codec/error.hpp>

#include <catch2/catch.hpp>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace function_test;
using Catch::Matchers::Contains;
using troupe::buffer;
using troupe::packet;
using troupe::detail::make_encoded_value;
using troupe::detail::pack;
using troupe::detail::take_value;
using troupe::detail::unit;
using troupe::detail::value_box;
using troupe::detail::value_cast;
using troupe::detail::value_ptr;

namespace {

constexpr std::size_t large = std::size_t{1} << 20;

template <class T>
value_ptr boxed(T value) {
  return ready(std::move(value)).value;
}

template <class T>
value_ptr travelled(T value) {
  auto const box = boxed(std::move(value));
  return make_encoded_value(pack(box), box->nbytes());
}

/// Counts how often one is read.
struct read_once {
  static inline std::atomic<int> reads = 0;
  int value = 0;
  friend void encode(troupe::encoder& out, read_once const& r) { out.write_int(r.value); }
  friend read_once decode(troupe::decoder& in, std::type_identity<read_once>) {
    ++reads;
    return {static_cast<int>(in.read_int())};
  }
};

}  // namespace

TEST_CASE("a value that came encoded is read by the first who wants it") {
  auto const v = travelled(std::map<std::string, int>{{"a", 1}});
  CHECK(v->nbytes() == 5);
  CHECK(v->data() == nullptr);
  auto const& table = value_cast<std::map<std::string, int>>(*v);
  CHECK(table.at("a") == 1);
  CHECK(&value_cast<std::map<std::string, int>>(*v) == &table);
  CHECK(v->data() == &table);
  CHECK(v->type() == typeid(std::map<std::string, int>));
}

TEST_CASE("the result of a void function travels") {
  auto const v = make_encoded_value(pack(troupe::detail::unit_value()), 0);
  static_cast<void>(value_cast<unit>(*v));
  CHECK(v->type() == typeid(unit));
}

TEST_CASE("an encoded value is read as one type only") {
  auto const v = travelled(5);
  CHECK(value_cast<int>(*v) == 5);
  CHECK_THROWS_WITH(value_cast<long>(*v), Contains("int") && Contains("long"));
}

TEST_CASE("an encoded value of another type is refused with the reason, and may be asked for again") {
  auto const v = travelled(std::string("text"));
  CHECK_THROWS_AS(value_cast<int>(*v), troupe::codec_error);
  CHECK_THROWS_WITH(value_cast<int>(*v), Contains("is no int") && Contains("found string"));
  CHECK(value_cast<std::string>(*v) == "text");
}

TEST_CASE("bytes after the value are refused") {
  troupe::encoder out;
  out.write_int(1);
  out.write_int(2);
  auto const v = make_encoded_value(out.take_packet(), 4);
  CHECK_THROWS_WITH(value_cast<int>(*v), Contains("expected the end of the message"));
}

TEST_CASE("readers at once share one object") {
  read_once::reads = 0;
  auto const v = travelled(read_once{7});
  std::vector<std::thread> readers;
  std::vector<read_once const*> seen(4);
  std::atomic<int> waiting = 4;
  for (auto& mine : seen)
    readers.emplace_back([&] {
      for (--waiting; waiting > 0;) std::this_thread::yield();
      mine = &value_cast<read_once>(*v);
    });
  for (auto& r : readers) r.join();
  CHECK(read_once::reads == 1);
  for (auto const* mine : seen) CHECK(mine == seen[0]);
  CHECK(seen[0]->value == 7);
}

TEST_CASE("an encoded value is moved out at its last use, and copied before") {
  auto v = travelled(std::string("a text that is too long for a small string"));
  auto const* text = value_cast<std::string>(*v).data();
  troupe::detail::input const shared{v, true};
  CHECK(take_value<std::string>(shared).data() != text);
  v = nullptr;
  CHECK(take_value<std::string>(shared).data() == text);
  auto owner = travelled(std::make_unique<int>(5));
  CHECK_THROWS_AS(take_value<std::unique_ptr<int>>({owner, true}), troupe::future_shared);
  CHECK(*take_value<std::unique_ptr<int>>({std::move(owner), true}) == 5);
}

TEST_CASE("packing an encoded value gives its bytes back, read or not") {
  auto const p = pack(boxed(std::vector<std::string>{"a", "b"}));
  auto const v = make_encoded_value(p, 2);
  CHECK(pack(v).head.data() == p.head.data());
  static_cast<void>(value_cast<std::vector<std::string>>(*v));
  CHECK(pack(v).head == p.head);

  troupe::encoder out;
  v->encode(out);
  CHECK(buffer::copy_of(out.bytes()) == p.head);
}

TEST_CASE("a large value is packed without a copy and kept alive by its packet") {
  counted::reset();
  auto v = boxed(std::vector<double>(large, 0.5));
  auto const* data = value_cast<std::vector<double>>(*v).data();
  packet p = pack(v);
  REQUIRE(p.attachments.size() == 1);
  CHECK(p.attachments[0].data() == reinterpret_cast<std::byte const*>(data));
  CHECK_FALSE(v->sole());
  v = nullptr;
  CHECK(p.attachments[0].as<double>()[large - 1] == 0.5);
  p = {};
}

TEST_CASE("a large value that was read is not held twice, and can be packed again") {
  auto const original = boxed(std::vector<int>(large, 3));
  packet p = pack(original);
  std::weak_ptr<void const> alive;
  {
    auto memory = std::make_shared<buffer>(buffer::copy_of(p.attachments[0].bytes()));
    alive = memory;
    p.attachments[0] = buffer(memory, memory->bytes());
  }
  auto const v = make_encoded_value(std::move(p), large * 4);
  CHECK_FALSE(alive.expired());
  auto const& read = value_cast<std::vector<int>>(*v);
  CHECK(alive.expired());
  auto const again = pack(v);
  REQUIRE(again.attachments.size() == 1);
  CHECK(again.attachments[0].data() == reinterpret_cast<std::byte const*>(read.data()));
  CHECK(value_cast<std::vector<int>>(*make_encoded_value(again, large * 4)) == std::vector<int>(large, 3));
}

TEST_CASE("a buffer arrives in the memory it was received into") {
  buffer const sent(large);
  auto const p = pack(boxed(sent));
  REQUIRE(p.attachments.size() == 1);
  CHECK(p.attachments[0].data() == sent.data());
  CHECK(value_cast<buffer>(*make_encoded_value(p, large)).data() == sent.data());
}

TEST_CASE("a value that must not leave its process cannot be packed") {
  CHECK_THROWS_AS(pack(boxed(troupe::local<int>(1))), troupe::codec_error);
  CHECK_THROWS_AS(value_cast<troupe::local<int>>(*travelled(1)), troupe::codec_error);
}
