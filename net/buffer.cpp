#include <troupe/net/buffer.hpp>

#include <troupe/futures/frame_pool.hpp>

#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <new>

namespace troupe {
namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20;

std::byte* allocate(std::size_t size) {
  auto alignment = size >= huge_page ? huge_page : buffer::alignment;
  auto* memory = static_cast<std::byte*>(::operator new(size, std::align_val_t(alignment)));
  // A wish: where the kernel does not grant it, pages are small.
  if (size >= huge_page) static_cast<void>(::madvise(memory, size, MADV_HUGEPAGE));
  return memory;
}

struct free_memory {
  std::size_t size;
  void operator()(void* memory) const noexcept {
    ::operator delete(memory, std::align_val_t(size >= huge_page ? huge_page : buffer::alignment));
  }
};

/// Memory in one block with its owner. The block is aligned for any scalar only, so some of it may be left out.
template <std::size_t Usable>
struct small_memory {
  static constexpr std::size_t most_left_out = buffer::alignment - alignof(std::max_align_t);

  [[nodiscard]] std::byte* begin() noexcept {
    auto address = reinterpret_cast<std::uintptr_t>(bytes);
    return bytes + (buffer::alignment - address % buffer::alignment) % buffer::alignment;
  }

  alignas(std::max_align_t) std::byte bytes[Usable + most_left_out];
};

// Together with the counts of a shared_ptr they fill blocks of the pool.
constexpr std::size_t smallest = 128, medium = 256, largest_small = 448;

template <std::size_t Usable>
std::shared_ptr<small_memory<Usable>> make_small() {
  using memory = small_memory<Usable>;
  return std::allocate_shared_for_overwrite<memory>(detail::frame_allocator<memory>());
}

}  // namespace

buffer::buffer(std::size_t size) {
  if (size == 0) return;
  auto take = [&](auto memory, std::byte* begin) {
    owner_ = std::move(memory);
    bytes_ = {begin, size};
  };
  auto take_small = [&](auto memory) {
    auto* begin = memory->begin();
    take(std::move(memory), begin);
  };
  if (size <= smallest) {
    take_small(make_small<smallest>());
  } else if (size <= medium) {
    take_small(make_small<medium>());
  } else if (size <= largest_small) {
    take_small(make_small<largest_small>());
  } else {
    auto* memory = allocate(size);
    take(std::shared_ptr<void>(memory, free_memory{size}), memory);
  }
}

buffer buffer::copy_of(std::span<std::byte const> bytes) {
  buffer copy(bytes.size());
  if (!bytes.empty()) std::memcpy(copy.writable().data(), bytes.data(), bytes.size());
  return copy;
}

bool buffer::equal_bytes(std::span<std::byte const> a, std::span<std::byte const> b) noexcept {
  return a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace troupe
