#include <troupe/futures/work.hpp>

namespace troupe::detail {
namespace {

bool before(timer const& a, timer const& b) noexcept { return a.due != b.due ? a.due < b.due : a.order < b.order; }

}  // namespace

void timer_queue::place(std::size_t i, timer* t) noexcept {
  heap_[i] = t;
  t->heap_index = i;
}

void timer_queue::sift_up(std::size_t i) noexcept {
  timer* t = heap_[i];
  for (; i > 0 && before(*t, *heap_[(i - 1) / 2]); i = (i - 1) / 2) place(i, heap_[(i - 1) / 2]);
  place(i, t);
}

void timer_queue::sift_down(std::size_t i) noexcept {
  timer* t = heap_[i];
  for (;;) {
    std::size_t child = 2 * i + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && before(*heap_[child + 1], *heap_[child])) ++child;
    if (!before(*heap_[child], *t)) break;
    place(i, heap_[child]);
    i = child;
  }
  place(i, t);
}

void timer_queue::push(timer& t, time_point due) {
  heap_.push_back(&t);
  t.due = due;
  t.order = pushed_++;
  sift_up(heap_.size() - 1);
}

bool timer_queue::erase(timer& t) noexcept {
  std::size_t i = t.heap_index;
  if (i == timer::not_queued) return false;
  timer* last = heap_.back();
  heap_.pop_back();
  t.heap_index = timer::not_queued;
  if (last != &t) {
    place(i, last);
    sift_up(i);
    sift_down(last->heap_index);
  }
  return true;
}

timer* timer_queue::pop_due(time_point now) noexcept {
  if (heap_.empty() || heap_.front()->due > now) return nullptr;
  timer* t = heap_.front();
  erase(*t);
  return t;
}

}  // namespace troupe::detail
