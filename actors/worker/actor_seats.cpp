#include <troupe/actors/worker/internal/actor_seats.hpp>

#include <utility>

namespace troupe::detail {
namespace {

constexpr char const* worker_leaves = "its worker leaves the cluster";

}  // namespace

void actor_seats::put(intrusive_ptr<actor_seat> seat) {
  intrusive_ptr<actor_seat> former;
  bool closed = false;
  {
    std::scoped_lock lock(mutex_);
    closed = closed_;
    former = std::exchange(seats_[seat->id()], entry{seat}).seat;
    count_.store(seats_.size(), std::memory_order_release);
  }
  if (former) former->leave("it is made anew", call_failure::undelivered);
  if (closed) seat->leave(worker_leaves, call_failure::undelivered);
}

intrusive_ptr<actor_seat> actor_seats::find(task_id actor) const {
  if (count_.load(std::memory_order_acquire) == 0) return nullptr;
  std::scoped_lock lock(mutex_);
  auto found = seats_.find(actor);
  return found == seats_.end() ? nullptr : found->second.seat;
}

void actor_seats::drop(task_id actor) {
  if (count_.load(std::memory_order_acquire) == 0) return;
  intrusive_ptr<actor_seat> dropped;
  {
    std::scoped_lock lock(mutex_);
    auto found = seats_.find(actor);
    if (found == seats_.end()) return;
    dropped = std::move(found->second.seat);
    seats_.erase(found);
    count_.store(seats_.size(), std::memory_order_release);
  }
  dropped->leave("nobody had a handle on it any more", call_failure::failed);
}

void actor_seats::close() {
  std::vector<intrusive_ptr<actor_seat>> all;
  {
    std::scoped_lock lock(mutex_);
    closed_ = true;
    for (auto const& [id, one] : seats_) all.push_back(one.seat);
  }
  for (auto const& seat : all) seat->leave(worker_leaves, call_failure::undelivered);
}

bool actor_seats::note_reported(task_id actor) {
  if (count_.load(std::memory_order_acquire) == 0) return false;
  std::scoped_lock lock(mutex_);
  auto found = seats_.find(actor);
  if (found == seats_.end()) return false;
  found->second.reported = true;
  return true;
}

bool actor_seats::note_destroyed(actor_seat const& seat) {
  std::scoped_lock lock(mutex_);
  auto found = seats_.find(seat.id());
  if (!closed_ || found == seats_.end() || found->second.seat.get() != &seat) return false;
  found->second.destroyed = true;
  return true;
}

std::vector<task_id> actor_seats::take_left() {
  std::vector<task_id> left;
  std::scoped_lock lock(mutex_);
  for (auto& [id, one] : seats_)
    if (one.destroyed && one.reported && !std::exchange(one.taken, true)) left.push_back(id);
  return left;
}

}  // namespace troupe::detail
