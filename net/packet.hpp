#pragma once

#include <troupe/net/buffer.hpp>

#include <cstddef>
#include <vector>

namespace troupe {

/// One encoded thing: msgpack, and beside it the large runs of bytes that the msgpack refers to by number, which travel
/// without being copied.
struct packet {
  buffer head;
  std::vector<buffer> attachments;

  [[nodiscard]] std::size_t nbytes() const noexcept {
    std::size_t sum = head.size();
    for (auto const& a : attachments) sum += a.size();
    return sum;
  }
};

}  // namespace troupe
