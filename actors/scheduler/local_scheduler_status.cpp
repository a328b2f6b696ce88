#include <troupe/actors/scheduler/internal/local_scheduler.hpp>

namespace troupe::detail {

task<cluster_status> local_scheduler::on(get_status) {
  cluster_status status;
  for (std::uint32_t i = 0; i < workers_.size(); ++i) {
    auto const& w = workers_[i];
    if (w.place)
      status.workers.push_back({w.info.name, w.info.address, w.info.threads, w.info.memory_limit,
                                core_.stored_bytes({i}), w.info.process_memory});
  }
  auto statistics = core_.statistics();
  for (std::size_t i = 0; i < task_stage_count; ++i)
    if (statistics.tasks_in[i] > 0) status.tasks[name_of(static_cast<task_stage>(i))] = statistics.tasks_in[i];
  co_return status;
}

}  // namespace troupe::detail
