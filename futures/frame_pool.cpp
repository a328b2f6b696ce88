#include <troupe/futures/frame_pool.hpp>

#include <troupe/futures/spin_lock.hpp>

#include <array>
#include <mutex>
#include <utility>

namespace troupe::detail {

constinit thread_local frame_stock local_frames{};

namespace {

using block = frame_stock::block;

constinit thread_local bool opened = false;

struct depot_class {
  spin_lock lock;
  block* batches = nullptr;
  std::size_t bytes = 0;
};

// Never destroyed: threads free frames while static objects go.
depot_class& depot_of(std::size_t size_class) noexcept {
  static auto& depot = *new std::array<depot_class, frame_stock::classes>;
  return depot[size_class];
}

void free_chain(block* first) noexcept {
  while (first) ::operator delete(std::exchange(first, first->next));
}

// Opens the thread's stock; gives it back at the thread's end, after which frames go straight to the heap.
class stock_keeper {
 public:
  stock_keeper() noexcept {
    opened = true;
    for (auto& room : local_frames.room) room = frame_stock::most;
  }
  stock_keeper(stock_keeper const&) = delete;
  stock_keeper& operator=(stock_keeper const&) = delete;
  ~stock_keeper() {
    closed = true;
    for (std::size_t c = 0; c < frame_stock::classes; ++c) {
      local_frames.room[c] = 0;
      free_chain(std::exchange(local_frames.free[c], nullptr));
    }
  }
  static constinit thread_local bool closed;
};
constinit thread_local bool stock_keeper::closed = false;

void open_stock() {
  static thread_local stock_keeper keeper;
  static_cast<void>(keeper);
}

// A batch off the stock.
block* take_off(frame_stock& stock, std::size_t size_class) noexcept {
  auto* first = stock.free[size_class];
  auto* last = first;
  for (std::uint32_t i = 1; i < frame_stock::batch; ++i) last = last->next;
  stock.free[size_class] = std::exchange(last->next, nullptr);
  stock.room[size_class] += frame_stock::batch;
  return first;
}

}  // namespace

void* frame_allocate_slowly(std::size_t size_class) {
  if (!opened) open_stock();
  block* first = nullptr;
  if (!stock_keeper::closed) {
    auto& depot = depot_of(size_class);
    std::scoped_lock lock(depot.lock);
    first = depot.batches;
    if (first) {
      depot.batches = first->next_batch;
      depot.bytes -= frame_stock::batch * frame_stock::bytes_of(size_class);
    }
  }
  if (!first) return ::operator new(frame_stock::bytes_of(size_class));
  local_frames.free[size_class] = first->next;
  local_frames.room[size_class] -= frame_stock::batch - 1;
  return first;
}

void frame_free_slowly(void* memory, std::size_t size_class) noexcept {
  if (stock_keeper::closed) return ::operator delete(memory);
  if (!opened) {
    open_stock();
  } else {
    auto* batch = take_off(local_frames, size_class);
    auto const bytes = frame_stock::batch * frame_stock::bytes_of(size_class);
    auto& depot = depot_of(size_class);
    {
      std::scoped_lock lock(depot.lock);
      if (depot.bytes + bytes <= frame_stock::most_bytes_in_depot) {
        batch->next_batch = std::exchange(depot.batches, batch);
        depot.bytes += bytes;
        batch = nullptr;
      }
    }
    free_chain(batch);
  }
  frame_free(memory, frame_stock::bytes_of(size_class));
}

}  // namespace troupe::detail
