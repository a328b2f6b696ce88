#pragma once

#include <troupe/actors/scheduler/internal/record_pool.hpp>
#include <troupe/actors/scheduler/internal/records.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

namespace troupe::detail {

/// Tasks that could run if a worker had room: larger priority first, then by (order, serial). Constant time for tasks
/// that come in that order, which submission gives; others go through a heap. Uses the records' prev, next and in_heap.
class ready_queue {
 public:
  explicit ready_queue(record_pool<task_record>& tasks) : tasks_(tasks) {}

  void push(std::uint32_t task);
  void remove(std::uint32_t task);
  /// To be called before a task that was in this queue comes into another one: what is left of it here must not be
  /// taken for that.
  void sweep();
  /// The one that pop() would take; the queue must not be empty.
  [[nodiscard]] std::uint32_t first();
  /// Takes the first out; the queue must not be empty.
  std::uint32_t pop();

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Throws std::logic_error if links, flags or counts disagree.
  void validate() const;

 private:
  struct heap_entry {
    std::uint64_t order;
    std::uint64_t serial;
    std::uint32_t task;
  };
  struct bucket {
    std::uint32_t first = none;
    std::uint32_t last = none;
    std::vector<heap_entry> heap;
    /// Entries of the heap whose task was not removed.
    std::size_t live = 0;

    [[nodiscard]] bool empty() const noexcept { return first == none && live == 0; }
  };
  using buckets = std::map<std::int32_t, bucket, std::greater<>>;

  [[nodiscard]] bool stale(heap_entry const& entry) const;
  static void drop_top(bucket& of);
  void drop_stale(bucket& of) const;
  void sweep(bucket& of) const;
  /// Whether what is first in the bucket, of which nothing stale is on top, comes from its heap.
  [[nodiscard]] bool heap_is_first(bucket const& in) const;
  void unlink(bucket& from, std::uint32_t task);
  void forget_if_empty(buckets::iterator at);

  record_pool<task_record>& tasks_;
  buckets buckets_;
  std::size_t size_ = 0;
};

}  // namespace troupe::detail
