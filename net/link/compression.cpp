#include <troupe/net/link/compression.hpp>

#include <lz4.h>
#include <zstd.h>

#include <memory>
#include <new>

namespace troupe::detail {
namespace {

/// The fastest that still gains: links are compressed while they are used.
constexpr int zstd_level = 1;

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* context) const noexcept {
    Free(context);
  }
};

template <auto Create, auto Free>
auto& context_of_thread() {
  using context = std::remove_pointer_t<decltype(Create())>;
  static thread_local std::unique_ptr<context, freed_by<Free>> const made(Create());
  if (!made) throw std::bad_alloc();
  return *made;
}

char const* chars(std::span<std::byte const> bytes) noexcept { return reinterpret_cast<char const*>(bytes.data()); }
char* chars(std::span<std::byte> bytes) noexcept { return reinterpret_cast<char*>(bytes.data()); }

}  // namespace

std::size_t compress(block_codec codec, std::span<std::byte const> from, std::span<std::byte> to) {
  if (codec == block_codec::lz4) {
    int size = LZ4_compress_default(chars(from), chars(to), int(from.size()), int(to.size()));
    return size > 0 ? std::size_t(size) : 0;
  }
  auto& context = context_of_thread<&ZSTD_createCCtx, &ZSTD_freeCCtx>();
  auto size = ZSTD_compressCCtx(&context, to.data(), to.size(), from.data(), from.size(), zstd_level);
  return ZSTD_isError(size) ? 0 : size;
}

bool decompress(block_codec codec, std::span<std::byte const> from, std::span<std::byte> to) {
  if (codec == block_codec::lz4)
    return LZ4_decompress_safe(chars(from), chars(to), int(from.size()), int(to.size())) == int(to.size());
  auto& context = context_of_thread<&ZSTD_createDCtx, &ZSTD_freeDCtx>();
  return ZSTD_decompressDCtx(&context, to.data(), to.size(), from.data(), from.size()) == to.size();
}

}  // namespace troupe::detail
