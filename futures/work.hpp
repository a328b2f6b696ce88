#pragma once

#include <troupe/futures/clock.hpp>

#include <atomic>
#include <cstddef>
#include <vector>

namespace troupe::detail {

/// One step that an executor will run: a node that its owner provides, so that posting never allocates. The owner keeps
/// it alive and leaves it alone from post until run; inside `run` it may be posted again or destroyed.
struct work {
  using function = void (*)(work&) noexcept;

  explicit work(function f) noexcept : run(f) {}
  work(work const&) = delete;
  work& operator=(work const&) = delete;

  function run;
  work* next = nullptr;
};

/// A step that becomes due at a time. Owned like `work`; see executor::post_at and executor::cancel.
struct timer : work {
  static constexpr std::size_t not_queued = ~std::size_t{0};
  using work::work;

  time_point due{};
  std::size_t heap_index = not_queued;
  std::size_t order = 0;
};

/// First in, first out; one thread.
class work_list {
 public:
  [[nodiscard]] bool empty() const noexcept { return head_ == nullptr; }
  void push(work& item) noexcept {
    item.next = nullptr;
    (head_ ? tail_->next : head_) = &item;
    tail_ = &item;
  }
  /// Null when empty.
  [[nodiscard]] work* front() const noexcept { return head_; }
  [[nodiscard]] work* pop() noexcept {
    work* item = head_;
    if (item) head_ = item->next;
    return item;
  }
  /// Appends a chain linked by `next`.
  void append(work* first) noexcept {
    while (first) {
      work* following = first->next;
      push(*first);
      first = following;
    }
  }

 private:
  work* head_ = nullptr;
  work* tail_ = nullptr;
};

/// Many producers, one consumer: a lock-free stack that the consumer empties at once. Work pushed by one thread comes
/// out in the order in which it was pushed.
class work_inbox {
 public:
  /// True when the inbox was empty: the consumer may need a wake-up.
  bool push(work& item) noexcept {
    work* head = head_.load(std::memory_order_relaxed);
    do item.next = head;
    while (!head_.compare_exchange_weak(head, &item, std::memory_order_seq_cst, std::memory_order_relaxed));
    return head == nullptr;
  }
  /// All that was pushed, oldest first, linked by `next`; null when empty.
  [[nodiscard]] work* take() noexcept {
    work* newest = head_.exchange(nullptr, std::memory_order_acq_rel);
    work* oldest = nullptr;
    while (newest) {
      work* older = newest->next;
      newest->next = oldest;
      oldest = newest;
      newest = older;
    }
    return oldest;
  }
  [[nodiscard]] bool empty() const noexcept { return head_.load(std::memory_order_seq_cst) == nullptr; }

 private:
  std::atomic<work*> head_{nullptr};
};

/// Timers ordered by due time, ties in the order in which they were pushed; one thread, or under its owner's lock.
class timer_queue {
 public:
  void push(timer& t, time_point due);
  /// False when it is not queued.
  bool erase(timer& t) noexcept;
  /// The earliest timer that is due at `now`, taken out; null when there is none.
  [[nodiscard]] timer* pop_due(time_point now) noexcept;
  [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
  /// When the earliest is due; time_point::max() when there is none.
  [[nodiscard]] time_point next_due() const noexcept { return heap_.empty() ? time_point::max() : heap_.front()->due; }
  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }

 private:
  void sift_up(std::size_t i) noexcept;
  void sift_down(std::size_t i) noexcept;
  void place(std::size_t i, timer* t) noexcept;

  std::vector<timer*> heap_;
  std::size_t pushed_ = 0;
};

}  // namespace troupe::detail
