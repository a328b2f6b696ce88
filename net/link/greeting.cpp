#include <troupe/net/link/internal/handshake.hpp>

#include <algorithm>
#include <string>

namespace troupe::detail {
namespace {

class writer {
 public:
  template <class T>
  void number(T value) {
    auto const* begin = reinterpret_cast<std::byte const*>(&value);
    bytes_.insert(bytes_.end(), begin, begin + sizeof value);
  }
  void text(std::string const& s) {
    number(static_cast<std::uint16_t>(std::min<std::size_t>(s.size(), 0xffff)));
    auto const* begin = reinterpret_cast<std::byte const*>(s.data());
    bytes_.insert(bytes_.end(), begin, begin + s.size());
  }
  [[nodiscard]] std::vector<std::byte> take() && { return std::move(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

class reader {
 public:
  explicit reader(std::span<std::byte const> bytes) noexcept : bytes_(bytes) {}

  template <class T>
  void number(T& value) {
    value = load<T>(take(sizeof value).data());
  }
  void text(std::string& s) {
    std::uint16_t size = 0;
    number(size);
    auto bytes = take(size);
    s.assign(reinterpret_cast<char const*>(bytes.data()), bytes.size());
  }

 private:
  std::span<std::byte const> take(std::size_t size) {
    if (size > bytes_.size()) throw frame_error("a hello that is cut short");
    auto taken = bytes_.first(size);
    bytes_ = bytes_.subspan(size);
    return taken;
  }
  std::span<std::byte const> bytes_;
};

std::string spelled_range(hello const& h) {
  std::string low = std::to_string(h.protocol_min);
  return h.protocol_min == h.protocol_max ? low : low + " to " + std::to_string(h.protocol_max);
}

}  // namespace

std::vector<std::byte> encode_greeting(greeting const& g) {
  writer w;
  w.number(g.from.protocol_min);
  w.number(g.from.protocol_max);
  w.number(g.from.features);
  w.number(static_cast<std::uint8_t>(g.from.role));
  w.number(g.from.epoch);
  w.number(g.message_limit);
  w.number(g.link);
  w.number(g.peer_epoch);
  w.number(g.next);
  w.text(g.from.name);
  w.text(g.from.credential);
  auto bytes = std::move(w).take();
  if (bytes.size() > hello_limit)
    throw error("name and credential are too long for a hello: " + std::to_string(bytes.size()) + " bytes of at most " +
                std::to_string(hello_limit));
  return bytes;
}

greeting decode_greeting(std::span<std::byte const> body) {
  reader r(body);
  greeting g;
  r.number(g.from.protocol_min);
  r.number(g.from.protocol_max);
  r.number(g.from.features);
  std::uint8_t role = 0;
  r.number(role);
  g.from.role = static_cast<link_role>(role);
  r.number(g.from.epoch);
  r.number(g.message_limit);
  if (g.message_limit < least_message_limit)
    throw frame_error("a hello that accepts messages of at most " + std::to_string(g.message_limit) +
                      " bytes: " + std::to_string(least_message_limit) + " are needed");
  r.number(g.link);
  r.number(g.peer_epoch);
  r.number(g.next);
  r.text(g.from.name);
  r.text(g.from.credential);
  return g;
}

std::string versions_meet(hello const& self, hello const& peer) {
  if (std::max(self.protocol_min, peer.protocol_min) <= std::min(self.protocol_max, peer.protocol_max)) return "";
  return "no common version of the protocol: one side speaks " + spelled_range(self) + ", the other " +
         spelled_range(peer);
}

}  // namespace troupe::detail
