#include "allocation_count.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

constinit std::atomic<bool> counting{false};
constinit std::atomic<std::size_t> calls{0};

void count() noexcept {
  if (counting.load(std::memory_order_relaxed)) calls.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

// The array and nothrow forms of the standard library come here too.
void* operator new(std::size_t size) {
  count();
  if (void* memory = std::malloc(size ? size : 1)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  count();
  auto align = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(align, (size + align - 1) / align * align)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace troupe::bench {

allocation_count::allocation_count() noexcept {
  calls = 0;
  counting = true;
}
allocation_count::~allocation_count() { counting = false; }
std::size_t allocation_count::so_far() const noexcept { return calls.load(); }

}  // namespace troupe::bench
