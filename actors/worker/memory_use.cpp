#include <troupe/actors/cluster/process/memory.hpp>
#include <troupe/actors/worker/internal/execution.hpp>
#include <troupe/actors/worker/internal/memory_use.hpp>

#include <unistd.h>

namespace troupe::detail {

worker_memory_use use_of_memory(worker_context& worker) {
  auto const& services = services_of(worker);
  worker_memory_use use;
  use.worker = services.name;
  use.managed = services.stored.in_memory.load(std::memory_order_relaxed);
  use.most_managed = services.stored.most_in_memory.load(std::memory_order_relaxed);
  use.spilled = services.stored.in_files.load(std::memory_order_relaxed);
  use.process = resident_memory(::getpid()).value_or(0);
  use.limit = services.memory_limit;
  return use;
}

}  // namespace troupe::detail
