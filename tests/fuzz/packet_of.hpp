#pragma once

#include <troupe/net/packet.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace fuzz {

/// Takes bytes off the front of an input.
class source {
 public:
  source(std::uint8_t const* data, std::size_t size) : left_(reinterpret_cast<std::byte const*>(data), size) {}

  [[nodiscard]] std::span<std::byte const> take(std::size_t size) {
    auto const taken = left_.first(std::min(size, left_.size()));
    left_ = left_.subspan(taken.size());
    return taken;
  }
  [[nodiscard]] unsigned byte() {
    auto const b = take(1);
    return b.empty() ? 0 : static_cast<unsigned>(b[0]);
  }

 private:
  std::span<std::byte const> left_;
};

/// Up to three attachments, then the head; each in memory of its own size, so that AddressSanitizer sees their ends.
inline troupe::packet packet_of(source in) {
  troupe::packet p;
  for (unsigned n = in.byte() % 4; n > 0; --n) p.attachments.push_back(troupe::buffer::copy_of(in.take(in.byte())));
  p.head = troupe::buffer::copy_of(in.take(static_cast<std::size_t>(-1)));
  return p;
}

}  // namespace fuzz
