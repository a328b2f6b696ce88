#pragma once

#include <troupe/actors/scheduler/internal/records.hpp>

#include <compare>
#include <cstdint>
#include <memory>
#include <vector>

namespace troupe::detail {

using worker_table = std::vector<std::unique_ptr<worker_record>>;

/// The workers that have room for another task, least loaded per thread first, with what their memory costs (then fewer
/// tasks per thread, then the older worker). A binary heap that knows where each worker is.
class open_workers {
 public:
  explicit open_workers(worker_table& workers) : workers_(workers) {}

  [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
  [[nodiscard]] worker_record& least_loaded() const { return *workers_[heap_.front().worker]; }

  /// To be called whenever the worker's load, count or room has changed.
  void update(worker_record& worker, bool has_room);
  void validate() const;

 private:
  /// With what decides beside it, so that a comparison looks at nothing else.
  struct entry {
    double load_per_thread;
    float tasks_per_thread;
    std::uint32_t worker;
    friend auto operator<=>(entry const&, entry const&) = default;
  };
  [[nodiscard]] static entry entry_of(worker_record const& worker);
  void put(std::uint32_t position, entry const& worker);
  void rise(std::uint32_t position);
  void sink(std::uint32_t position);

  worker_table& workers_;
  std::vector<entry> heap_;
};

}  // namespace troupe::detail
