#include "packet_of.hpp"

#include <troupe/net/codec/codec.hpp>

#include <msgpack.hpp>

#include <array>
#include <chrono>
#include <complex>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

// Bytes are read as many types. What is accepted must be msgpack, and must be written and read again as itself.

namespace {

enum class colour : std::uint8_t { red, green };
struct point {
  int x = 0;
  double y = 0;
};
struct order {
  std::uint64_t id = 0;
  std::string customer;
  std::vector<point> route;
  std::map<std::string, std::vector<double>> readings;
  std::optional<colour> paint;
  std::variant<std::monostate, int, std::string> note;
  std::tuple<bool, char, float> flags;
};
struct tree {
  int value = 0;
  std::vector<tree> children;
};
struct chain {
  int value = 0;
  std::unique_ptr<chain> next;
};
class hooked {
 public:
  hooked(std::string text, troupe::buffer bytes) : text_(std::move(text)), bytes_(std::move(bytes)) {}
  friend void encode(troupe::encoder& out, hooked const& h) {
    out.write_map(1);
    out.write_string(h.text_);
    out.attach(h.bytes_);
  }
  friend hooked decode(troupe::decoder& in, std::type_identity<hooked>) {
    if (in.read_map() != 1) in.fail("a map of one");
    std::string text(in.read_string());
    return {std::move(text), in.take_attachment()};
  }

 private:
  std::string text_;
  troupe::buffer bytes_;
};

void require(bool condition) {
  if (!condition) std::abort();
}

/// What is shared and what is copied reads as the same value.
template <class T>
void write_again(T const& value) {
  troupe::encoder copied;
  troupe::encode(copied, value);
  static_cast<void>(troupe::nbytes(value));
  auto const first = copied.take_packet();
  troupe::decoder in(first);
  T const again = troupe::decode<T>(in);
  in.expect_end();
  troupe::encoder out;
  troupe::encode(out, again);
  auto const second = out.take_packet();
  require(first.head == second.head);
  require(first.attachments == second.attachments);
}

template <class T>
void read_as(troupe::packet const& p) {
  try {
    troupe::decoder in(p);
    T const value = troupe::decode<T>(in);
    in.expect_end();
    std::size_t used = 0;
    auto const checked = msgpack::unpack(reinterpret_cast<char const*>(p.head.data()), p.head.size(), used);
    require(used == p.head.size());
    write_again(value);
  } catch (troupe::codec_error const&) {
    return;
  }
}

template <class... T>
struct types {
  static void read(unsigned which, troupe::packet const& p) {
    unsigned i = 0;
    ((which % sizeof...(T) == i++ ? read_as<T>(p) : void()), ...);
  }
};

using all =
    types<bool, char, std::uint8_t, std::int16_t, unsigned, std::int64_t, std::uint64_t, float, double, colour,
          std::string, std::u8string, std::filesystem::path, troupe::buffer, std::vector<bool>, std::vector<std::byte>,
          std::vector<std::uint16_t>, std::vector<double>, std::vector<std::string>, std::vector<troupe::buffer>,
          std::array<int, 3>, std::array<std::string, 2>, std::deque<int>, std::list<std::vector<char>>,
          std::map<std::string, int>, std::set<std::string>, std::optional<std::optional<int>>,
          std::unique_ptr<std::string>, std::variant<int, std::string, point>, std::pair<int, std::vector<float>>,
          std::chrono::nanoseconds, std::chrono::system_clock::time_point, std::complex<double>, point, order, tree,
          chain, hooked, std::vector<hooked>, std::vector<order>>;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  fuzz::source in(data, size);
  unsigned const which = in.byte();
  all::read(which, fuzz::packet_of(in));
  return 0;
}
