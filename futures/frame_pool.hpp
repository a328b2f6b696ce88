#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TROUPE_POOL_FRAMES 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define TROUPE_POOL_FRAMES 0
#endif
#endif
#ifndef TROUPE_POOL_FRAMES
#define TROUPE_POOL_FRAMES 1
#endif

namespace troupe::detail {

/// A thread's freed blocks by size class, for whoever allocates next on that thread. Where one thread allocates what
/// another frees, blocks go back in batches, by way of a depot that all threads share.
struct frame_stock {
  struct block {
    block* next;
    block* next_batch = nullptr;
  };
  static constexpr std::size_t granule = 64, classes = 16;
  /// What a thread gives away or takes at once, and keeps at most.
  static constexpr std::uint32_t batch = 32, most = 4 * batch;
  /// What the depot keeps of a class.
  static constexpr std::size_t most_bytes_in_depot = std::size_t{4} << 20;

  [[nodiscard]] static constexpr std::size_t class_of(std::size_t size) noexcept { return (size - 1) / granule; }
  [[nodiscard]] static constexpr std::size_t bytes_of(std::size_t size_class) noexcept {
    return (size_class + 1) * granule;
  }

  block* free[classes];
  /// How many more blocks may be kept; 0 until the first one is, and when the thread has given its stock back.
  std::uint32_t room[classes];
};
extern constinit thread_local frame_stock local_frames;

/// Where the thread's stock has none, and where it has no room.
[[nodiscard]] void* frame_allocate_slowly(std::size_t size_class);
void frame_free_slowly(void* memory, std::size_t size_class) noexcept;

/// Memory for coroutine frames and small short-lived objects: freed blocks are kept for the next, within bounds,
/// whoever allocated them. Plain new and delete under the sanitizers, so that they see every frame.
[[nodiscard]] inline void* frame_allocate(std::size_t size) {
#if TROUPE_POOL_FRAMES
  std::size_t c = frame_stock::class_of(size);
  if (c >= frame_stock::classes) return ::operator new(size);
  auto& stock = local_frames;
  if (auto* block = stock.free[c]) {
    stock.free[c] = block->next;
    ++stock.room[c];
    return block;
  }
  return frame_allocate_slowly(c);
#else
  // Rounded up all the same: a block may be freed by code that was built without the sanitizer.
  std::size_t c = frame_stock::class_of(size);
  return ::operator new(c >= frame_stock::classes ? size : frame_stock::bytes_of(c));
#endif
}

inline void frame_free(void* memory, [[maybe_unused]] std::size_t size) noexcept {
#if TROUPE_POOL_FRAMES
  std::size_t c = frame_stock::class_of(size);
  if (c >= frame_stock::classes) return ::operator delete(memory);
  auto& stock = local_frames;
  if (stock.room[c] == 0) return frame_free_slowly(memory, c);
  stock.free[c] = ::new (memory) frame_stock::block{stock.free[c]};
  --stock.room[c];
#else
  ::operator delete(memory);
#endif
}

/// The same as an allocator of the standard library's.
template <class T>
struct frame_allocator {
  using value_type = T;

  frame_allocator() noexcept = default;
  template <class U>
  frame_allocator(frame_allocator<U> const&) noexcept {}  // NOLINT(google-explicit-constructor): allocators convert

  [[nodiscard]] T* allocate(std::size_t count) { return static_cast<T*>(frame_allocate(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t count) noexcept { frame_free(memory, count * sizeof(T)); }

  friend bool operator==(frame_allocator, frame_allocator) noexcept { return true; }
};

/// For classes whose objects are made by one thread and end on another.
struct pooled_object {
  [[nodiscard]] static void* operator new(std::size_t size) { return frame_allocate(size); }
  [[nodiscard]] static void* operator new(std::size_t size, std::align_val_t alignment) {
    return ::operator new(size, alignment);
  }
  static void operator delete(void* memory, std::size_t size) noexcept { frame_free(memory, size); }
  static void operator delete(void* memory, std::size_t /*size*/, std::align_val_t alignment) noexcept {
    ::operator delete(memory, alignment);
  }
};

}  // namespace troupe::detail
