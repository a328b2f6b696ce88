#pragma once

#include <troupe/net/link/hello.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace troupe::detail {

/// How the bytes of a block lie on the wire.
enum class block_codec : std::uint8_t { none = 0, lz4 = 1, zstd = 2 };

/// Compresses `from` into `to`; the size, or 0 where it does not fit.
[[nodiscard]] std::size_t compress(block_codec codec, std::span<std::byte const> from, std::span<std::byte> to);
/// Fills `to`, whole, from a compressed block; false where the block is malformed or of another size. Writes nowhere
/// else and allocates nothing by what the block claims.
[[nodiscard]] bool decompress(block_codec codec, std::span<std::byte const> from, std::span<std::byte> to);

}  // namespace troupe::detail
