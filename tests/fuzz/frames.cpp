#include <troupe/net/link/internal/frame_reader.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>
#include <utility>
#include <vector>

// A stream of bytes that nobody wrote is cut into the same frames, or found malformed for the same reason, however the
// bytes come.

namespace {

using troupe::detail::frame;
using troupe::detail::frame_reader;

struct outcome {
  std::vector<std::string> frames;
  std::string problem;
  friend bool operator==(outcome const&, outcome const&) = default;
};

std::string text_of(std::span<std::byte const> bytes) {
  return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

std::size_t feed(frame_reader& r, std::uint8_t const* data, std::size_t size) {
  std::size_t given = 0;
  for (iovec const& space : r.space()) {
    std::size_t part = std::min(space.iov_len, size - given);
    if (part > 0) std::memcpy(space.iov_base, data + given, part);
    given += part;
  }
  r.filled(given);
  return given;
}

outcome read(std::uint8_t const* data, std::size_t size, std::size_t piece) {
  outcome result;
  frame_reader r(std::uint64_t{1} << 20);
  try {
    frame f;
    while (size > 0) {
      std::size_t given = feed(r, data, std::min(piece, size));
      data += given;
      size -= given;
      while (r.next(f)) {
        std::string all = std::to_string(f.header.type) + ':' + text_of(f.body);
        for (auto const& a : f.attachments) all += '|' + text_of(a.bytes());
        result.frames.push_back(std::move(all));
      }
    }
  } catch (troupe::detail::frame_error const& e) {
    result.problem = e.what();
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size < 2) return 0;
  std::size_t const piece = 1 + data[0] + std::size_t{data[1]} * 16;
  if (!(read(data + 2, size - 2, piece) == read(data + 2, size - 2, size))) std::abort();
  return 0;
}
