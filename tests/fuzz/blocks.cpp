#include <troupe/net/link/internal/block_reader.hpp>
#include <troupe/net/link/internal/frame.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

// Blocks that nobody compressed give the same bytes, or are malformed for the same reason, however they come and
// however they are wanted.

namespace {

struct outcome {
  std::string bytes, problem;
  friend bool operator==(outcome const&, outcome const&) = default;
};

outcome read(std::uint8_t const* data, std::size_t size, std::size_t piece, std::size_t wanted) {
  outcome result;
  troupe::detail::block_reader reader(troupe::detail::compression_features);
  std::string room(wanted, '\0');
  iovec const want{room.data(), room.size()};
  try {
    while (true) {
      while (auto got = reader.take({&want, 1}, 0)) result.bytes.append(room, 0, got);
      if (size == 0) return result;
      std::size_t given = 0;
      for (auto const& space : reader.space({&want, 1})) {
        auto part = std::min({space.iov_len, size, piece - given});
        if (part > 0) std::memcpy(space.iov_base, data, part);
        data += part;
        size -= part;
        given += part;
      }
      result.bytes.append(room, 0, reader.filled(given));
    }
  } catch (troupe::detail::frame_error const& e) {
    result.problem = e.what();
  }
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  if (size < 2) return 0;
  std::size_t const piece = 1 + data[0], wanted = 1 + std::size_t{data[1]} * 64;
  if (!(read(data + 2, size - 2, piece, wanted) == read(data + 2, size - 2, size, 1 << 16))) std::abort();
  return 0;
}
