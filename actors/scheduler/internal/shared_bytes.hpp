#pragma once

#include <troupe/net/buffer.hpp>
#include <troupe/net/codec/decoder.hpp>
#include <troupe/net/codec/encoder.hpp>

#include <cstddef>
#include <type_traits>

namespace troupe::detail {

/// Bytes in a message; shared inside of a process.
struct shared_bytes {
  buffer bytes;

  friend void encode(encoder& out, shared_bytes const& b) { out.write_binary(b.bytes.bytes()); }
  friend shared_bytes decode(decoder& in, std::type_identity<shared_bytes>) {
    return {buffer::copy_of(in.read_binary())};
  }
  friend std::size_t nbytes(shared_bytes const& b) { return b.bytes.size(); }
};

}  // namespace troupe::detail
