#pragma once

#include <troupe/actors/client/internal/call_state.hpp>
#include <troupe/futures/spin_lock.hpp>

#include <mutex>
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
  void remove(call_state& call) noexcept {
    std::scoped_lock lock(lock_);
    (call.previous ? call.previous->next : head_) = call.next;
    if (call.next) call.next->previous = call.previous;
    call.previous = call.next = nullptr;
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
