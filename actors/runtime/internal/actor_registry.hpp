#pragma once

#include <troupe/actors/runtime/actor_core.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>

namespace troupe::detail {

/// The actors of one runtime that have not ended, across its loops. Thread-safe.
class actor_registry : public ref_counted {
 public:
  [[nodiscard]] actor_id next_id() noexcept { return actor_id(last_id_.fetch_add(1, std::memory_order_relaxed) + 1); }

  /// False once refuse_more was called.
  [[nodiscard]] bool add(actor_core& core);
  void remove(actor_core& core) noexcept;

  void refuse_more() noexcept;
  /// The actor started last; null when there is none.
  [[nodiscard]] intrusive_ptr<actor_core> newest() const;
  /// False when it is still there at `until`.
  bool wait_until_gone(actor_id id, time_point until);

  [[nodiscard]] std::size_t live_actors() const noexcept;
  /// "counter#3, store#1"
  [[nodiscard]] std::string names() const;

 private:
  std::atomic<std::uint64_t> last_id_{0};
  mutable std::mutex mutex_;
  std::condition_variable removed_;
  std::map<actor_id, actor_core*> live_;
  bool refuses_ = false;
};

}  // namespace troupe::detail
