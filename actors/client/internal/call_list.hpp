#pragma once

#include <troupe/actors/client/internal/call_state.hpp>
#include <troupe/futures/spin_lock.hpp>

#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

namespace troupe::detail {

/// The calls of a session that are under way. Any thread.
class call_list {
 public:
  /// True where it is the only one.
  bool add(call_state& call) noexcept {
    std::scoped_lock lock(lock_);
    bool first = !head_;
    call.next = head_;
    call.previous = nullptr;
    if (head_) head_->previous = &call;
    head_ = &call;
    return first;
  }
  /// True where it was awaited.
  bool remove(call_state& call) noexcept {
    std::scoped_lock lock(lock_);
    (call.previous ? call.previous->next : head_) = call.next;
    if (call.next) call.next->previous = call.previous;
    call.previous = call.next = nullptr;
    return call.awaited;
  }
  /// From now on the calls of this actor that are under way at another place than `at` are awaited: how many more than
  /// before. The session's loop.
  [[nodiscard]] std::size_t await_others(task_state const& actor, worker_place_ptr const& at) noexcept {
    std::scoped_lock lock(lock_);
    std::size_t more = 0;
    for (auto* call = head_; call; call = call->next)
      if (&call->actor() == &actor && call->sent_to() && call->sent_to()->id != at->id &&
          !std::exchange(call->awaited, true))
        ++more;
    return more;
  }
  [[nodiscard]] std::vector<intrusive_ptr<call_state>> all() const {
    std::vector<intrusive_ptr<call_state>> found;
    std::scoped_lock lock(lock_);
    for (auto* call = head_; call; call = call->next) found.emplace_back(call);
    return found;
  }

 private:
  mutable spin_lock lock_;
  call_state* head_ = nullptr;
};

}  // namespace troupe::detail
