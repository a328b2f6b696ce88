#include <troupe/net/buffer.hpp>

#include <sys/mman.h>

#include <cstring>
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

}  // namespace

buffer::buffer(std::size_t size) {
  if (size == 0) return;
  auto* memory = allocate(size);
  owner_ = std::shared_ptr<void>(memory, free_memory{size});
  bytes_ = {memory, size};
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
