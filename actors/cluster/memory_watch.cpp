#include <troupe/actors/cluster/internal/memory_watch.hpp>
#include <troupe/actors/cluster/process/memory.hpp>

#include <unistd.h>

#include <chrono>
#include <utility>

namespace troupe::detail {
namespace {

constexpr auto pause = std::chrono::milliseconds(100);

}  // namespace

memory_watch::memory_watch(actor_ref<local_worker> worker) : worker_(std::move(worker)) {
  send_after(pause, this, look{});
}

void memory_watch::on(look) {
  if (auto resident = resident_memory(::getpid())) worker_.send(local_worker::memory_pressure{*resident});
  send_after(pause, this, look{});
}

}  // namespace troupe::detail
