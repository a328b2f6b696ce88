#include <troupe/actors/scheduler/internal/open_workers.hpp>

#include <stdexcept>

namespace troupe::detail {

open_workers::entry open_workers::entry_of(worker_record const& worker) {
  return {worker.load_per_thread, static_cast<float>(worker.assigned) / static_cast<float>(worker.nthreads), worker.id};
}

void open_workers::put(std::uint32_t position, entry const& worker) {
  heap_[position] = worker;
  workers_[worker.worker]->heap_position = position;
}

void open_workers::rise(std::uint32_t position) {
  auto worker = heap_[position];
  while (position > 0) {
    auto above = (position - 1) / 2;
    if (!(worker < heap_[above])) break;
    put(position, heap_[above]);
    position = above;
  }
  put(position, worker);
}

void open_workers::sink(std::uint32_t position) {
  auto worker = heap_[position];
  auto size = static_cast<std::uint32_t>(heap_.size());
  for (;;) {
    auto below = 2 * position + 1;
    if (below >= size) break;
    if (below + 1 < size && heap_[below + 1] < heap_[below]) ++below;
    if (!(heap_[below] < worker)) break;
    put(position, heap_[below]);
    position = below;
  }
  put(position, worker);
}

void open_workers::update(worker_record& worker, bool has_room) {
  worker.load_per_thread = static_cast<double>(worker.load) / worker.nthreads + worker.crowding();
  auto position = worker.heap_position;
  if (has_room) {
    if (position == none) {
      position = static_cast<std::uint32_t>(heap_.size());
      heap_.emplace_back();
      worker.heap_position = position;
    }
    heap_[position] = entry_of(worker);
    rise(position);
    sink(worker.heap_position);
  } else if (position != none) {
    worker.heap_position = none;
    auto last = heap_.back();
    heap_.pop_back();
    if (last.worker == worker.id) return;
    put(position, last);
    rise(position);
    sink(workers_[last.worker]->heap_position);
  }
}

void open_workers::validate() const {
  for (std::uint32_t i = 0; i < heap_.size(); ++i) {
    auto const* worker = workers_[heap_[i].worker].get();
    if (!worker) throw std::logic_error("open workers: a removed worker");
    if (worker->heap_position != i) throw std::logic_error("open workers: wrong position");
    if (heap_[i] != entry_of(*worker)) throw std::logic_error("open workers: not what the worker's load is");
    if (i > 0 && heap_[i] < heap_[(i - 1) / 2]) throw std::logic_error("open workers: not a heap");
  }
}

}  // namespace troupe::detail
