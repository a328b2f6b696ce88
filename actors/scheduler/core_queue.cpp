#include <troupe/actors/scheduler/internal/ready_queue.hpp>

#include <algorithm>
#include <stdexcept>
#include <tuple>

namespace troupe::detail {

namespace {

template <class A, class B>
bool comes_after(A const& a, B const& b) {
  return std::tie(a.order, a.serial) > std::tie(b.order, b.serial);
}

auto const later = [](auto const& a, auto const& b) { return comes_after(a, b); };

}  // namespace

bool ready_queue::stale(heap_entry const& entry) const {
  auto const& record = tasks_[entry.task];
  return !record.in_heap || record.serial != entry.serial;
}

void ready_queue::push(std::uint32_t task) {
  auto& record = tasks_[task];
  auto& into = buckets_[record.priority];
  ++size_;
  if (into.last == none || comes_after(record, tasks_[into.last])) {
    record.prev = into.last;
    record.next = none;
    (into.last == none ? into.first : tasks_[into.last].next) = task;
    into.last = task;
    return;
  }
  record.in_heap = true;
  ++into.live;
  into.heap.push_back({record.order, record.serial, task});
  std::push_heap(into.heap.begin(), into.heap.end(), later);
}

void ready_queue::unlink(bucket& from, std::uint32_t task) {
  auto& record = tasks_[task];
  (record.prev == none ? from.first : tasks_[record.prev].next) = record.next;
  (record.next == none ? from.last : tasks_[record.next].prev) = record.prev;
  record.prev = record.next = none;
}

void ready_queue::remove(std::uint32_t task) {
  auto& record = tasks_[task];
  auto at = buckets_.find(record.priority);
  auto& from = at->second;
  --size_;
  if (!record.in_heap) {
    unlink(from, task);
  } else {
    record.in_heap = false;
    --from.live;
    if (from.heap.size() > 2 * from.live + 64) sweep(from);
  }
  forget_if_empty(at);
}

void ready_queue::sweep(bucket& of) const {
  std::erase_if(of.heap, [this](heap_entry const& entry) { return stale(entry); });
  std::make_heap(of.heap.begin(), of.heap.end(), later);
}

void ready_queue::sweep() {
  for (auto& [priority, one] : buckets_) sweep(one);
}

void ready_queue::drop_top(bucket& of) {
  std::pop_heap(of.heap.begin(), of.heap.end(), later);
  of.heap.pop_back();
}

void ready_queue::drop_stale(bucket& of) const {
  while (!of.heap.empty() && stale(of.heap.front())) drop_top(of);
}

bool ready_queue::heap_is_first(bucket const& in) const {
  return in.first == none || (!in.heap.empty() && comes_after(tasks_[in.first], in.heap.front()));
}

std::uint32_t ready_queue::first() {
  auto at = buckets_.begin();
  while (at->second.empty()) ++at;
  auto& in = at->second;
  drop_stale(in);
  return heap_is_first(in) ? in.heap.front().task : in.first;
}

std::uint32_t ready_queue::pop() {
  auto at = buckets_.begin();
  while (at->second.empty()) ++at;
  auto& from = at->second;
  --size_;
  drop_stale(from);

  std::uint32_t task = none;
  if (heap_is_first(from)) {
    task = from.heap.front().task;
    drop_top(from);
    tasks_[task].in_heap = false;
    --from.live;
  } else {
    task = from.first;
    unlink(from, task);
  }
  forget_if_empty(at);
  return task;
}

// The usual priority keeps its bucket: making one costs more than the rest of a push.
void ready_queue::forget_if_empty(buckets::iterator at) {
  if (at->first != 0 && at->second.empty()) buckets_.erase(at);
}

void ready_queue::validate() const {
  auto fail = [](char const* what) { throw std::logic_error(what); };
  std::size_t count = 0;
  for (auto const& [priority, from] : buckets_) {
    auto prev = none;
    for (auto task = from.first; task != none; prev = task, task = tasks_[task].next) {
      auto const& record = tasks_[task];
      if (record.state != task_stage::queued) fail("ready queue: a task in it is not queued");
      if (record.priority != priority) fail("ready queue: a task in the wrong priority");
      if (record.prev != prev) fail("ready queue: broken link");
      if (record.in_heap) fail("ready queue: a linked task says it is in the heap");
      if (prev != none && !comes_after(record, tasks_[prev])) fail("ready queue: list out of order");
      ++count;
    }
    if (from.last != prev) fail("ready queue: wrong last task");
    std::vector<std::uint32_t> live;
    for (auto const& entry : from.heap) {
      if (!stale(entry)) live.push_back(entry.task);
    }
    std::sort(live.begin(), live.end());
    live.erase(std::unique(live.begin(), live.end()), live.end());
    if (live.size() != from.live) fail("ready queue: wrong count of the heap");
    count += live.size();
  }
  if (count != size_) fail("ready queue: wrong size");
}

}  // namespace troupe::detail
