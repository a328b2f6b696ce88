#include <troupe/futures/parker.hpp>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>
#include <mutex>
#include <vector>

namespace troupe::detail {
namespace {

void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

struct parker_stock {
  std::mutex mutex;
  std::vector<parker*> free;
};

// Never destroyed: threads may still notify while static objects go.
parker_stock& spare_parkers() {
  static auto& spares = *new parker_stock;
  return spares;
}

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected, time_point until) noexcept {
  // FUTEX_WAIT_BITSET takes an absolute time of CLOCK_MONOTONIC, which is what steady_clock counts.
  timespec at{}, *limit = nullptr;
  if (until != time_point::max()) {
    auto since = until.time_since_epoch();
    auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
    at.tv_sec = seconds.count();
    at.tv_nsec = std::chrono::duration_cast<std::chrono::nanoseconds>(since - seconds).count();
    if (at.tv_sec < 0) return;
    limit = &at;
  }
  ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, expected, limit, nullptr, FUTEX_BITSET_MATCH_ANY);
}

}  // namespace

void parker::notify() noexcept {
  if (state_.exchange(notified, std::memory_order_acq_rel) == asleep)
    ::syscall(SYS_futex, &state_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

void parker::wait_until(time_point until, duration spin) noexcept {
  if (spin > duration::zero()) {
    time_point end = clock::now() + spin;
    do
      for (int i = 0; i < 64; ++i) {
        if (state_.load(std::memory_order_acquire) == notified) {
          // An exchange, not a store: what was pushed before a later notification must be seen by the caller.
          state_.exchange(idle, std::memory_order_acq_rel);
          return;
        }
        relax();
      }
    while (clock::now() < end);
  }
  std::uint32_t expected = idle;
  if (state_.compare_exchange_strong(expected, asleep, std::memory_order_acq_rel)) {
    while (state_.load(std::memory_order_acquire) == asleep) {
      futex_wait(state_, asleep, until);
      if (until != time_point::max() && clock::now() >= until) break;
    }
  }
  state_.exchange(idle, std::memory_order_acq_rel);
}

lasting_parker::lasting_parker() {
  auto& spares = spare_parkers();
  std::scoped_lock lock(spares.mutex);
  if (spares.free.empty()) spares.free.push_back(new parker);
  parker_ = spares.free.back();
  spares.free.pop_back();
}

lasting_parker::~lasting_parker() {
  auto& spares = spare_parkers();
  std::scoped_lock lock(spares.mutex);
  spares.free.push_back(parker_);
}

}  // namespace troupe::detail
