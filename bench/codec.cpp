#include "figures.hpp"

#include <troupe/net/codec/codec.hpp>

#include <msgpack.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace troupe::bench {
namespace {

/// 45 bytes of msgpack.
struct record {
  std::uint64_t id;
  std::int32_t priority;
  double cost;
  std::string name;

  friend bool operator==(record const&, record const&) = default;
};
struct packed_record : record {
  MSGPACK_DEFINE(id, priority, cost, name)
};

constexpr std::size_t records = 500'000;
record const original{0x0123456789abcdef, -100'000, 0.25, "twenty characters ok"};

sample run_encode() {
  encoder out;
  meter m;
  for (std::size_t i = 0; i < records; ++i) {
    if (i % 1'000 == 0) out.clear();
    encode(out, original);
  }
  auto s = m.per(records, ns);
  require(out.size() == 45'000, "bytes of the records");
  return s;
}

sample run_msgpack_encode() {
  packed_record const value{original};
  msgpack::sbuffer out;
  meter m;
  for (std::size_t i = 0; i < records; ++i) {
    if (i % 1'000 == 0) out.clear();
    msgpack::pack(out, value);
  }
  auto s = m.per(records, ns);
  require(out.size() == 45'000, "bytes of the records");
  return s;
}

sample run_decode() {
  encoder bytes;
  encode(bytes, original);
  std::size_t right = 0;
  meter m;
  for (std::size_t i = 0; i < records; ++i) {
    decoder in(bytes.bytes());
    right += decode<record>(in) == original;
  }
  auto s = m.per(records, ns);
  require(right == records, "decoded records");
  return s;
}

sample run_msgpack_decode() {
  msgpack::sbuffer bytes;
  msgpack::pack(bytes, packed_record{original});
  std::size_t right = 0;
  meter m;
  for (std::size_t i = 0; i < records; ++i) {
    auto object = msgpack::unpack(bytes.data(), bytes.size());
    right += object.get().as<packed_record>() == original;
  }
  auto s = m.per(records, ns);
  require(right == records, "decoded records");
  return s;
}

}  // namespace

std::vector<figure> codec_figures() {
  return {
      {"codec-encode", "ns", "a record of 45 bytes to msgpack; msgpack-c beside it", 9,
       [] { return std::vector<contender>{{"", run_encode}, {"msgpack-c", run_msgpack_encode}}; }},
      {"codec-decode", "ns", "the same back to a struct", 9,
       [] { return std::vector<contender>{{"", run_decode}, {"msgpack-c", run_msgpack_decode}}; }},
  };
}

}  // namespace troupe::bench
