#include <troupe/actors/scheduler/internal/scheduler_actor.hpp>
#include <troupe/actors/worker/internal/local_worker.hpp>
#include <troupe/actors/worker/internal/run_on_pool.hpp>
#include <troupe/actors/worker/internal/upload_store.hpp>
#include <troupe/actors/worker/log.hpp>

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

namespace troupe::detail {
namespace {

/// Between tries to move values to files when none could be moved.
constexpr auto spill_pause = std::chrono::milliseconds(100);
/// The scheduler is told of memory that changed by more than that, and not more often.
constexpr std::uint64_t a_little = std::uint64_t{1} << 20;
constexpr auto telling_pause = std::chrono::seconds(1);

/// Null where the value cannot be encoded. Throws error where the file cannot be written.
std::shared_ptr<spill_file const> write_to_file(value_base const& value, std::filesystem::path const& folder,
                                                spill_file::told_of_loss lost) {
  // Workers of one process share the folder.
  static std::atomic<std::uint64_t> files = 0;
  packet encoded;
  try {
    encoded = value.pack();
  } catch (std::exception const& problem) {
    log("a value stays in memory, because it cannot be written to a file: {}", problem.what());
    return nullptr;
  }
  return std::make_shared<spill_file>(folder / std::to_string(++files), encoded, std::move(lost));
}

}  // namespace

void local_worker::look_at_memory() {
  if (spilling_ || now() < next_spill_) return;
  spilling_ = true;
  // A tenth less, so that not every new value begins it anew.
  start(spill(store_.bytes_in_memory() - with_.limits.target_bytes / 10 * 9));
}

void local_worker::on(memory_pressure message) {
  if (!core_ || finishing_up_) return;
  bool changed = std::exchange(paused_, message.pause) != message.pause;
  if (changed) handle(to_worker::pause{now(), paused_});
  auto resident = message.resident;
  auto difference = std::max(resident, told_memory_) - std::min(resident, told_memory_);
  if (changed || (difference >= a_little && now() >= next_telling_)) {
    told_memory_ = resident;
    next_telling_ = time_after(now(), telling_pause);
    with_.scheduler.send(worker_memory{self().id(), resident, paused_});
  }
  if (store_.bytes_in_memory() > with_.limits.target_bytes) look_at_memory();
  if (message.spill > 0 && !spilling_ && now() >= next_spill_) {
    spilling_ = true;
    start(spill(std::min(message.spill, store_.bytes_in_memory())));
  }
  if (message.trim) start(trim());
}

void local_worker::on(file_gone message) {
  log("{}: what only it held is computed again, or fails who needs it", message.problem);
  // It may have been freed meanwhile, and be there again.
  if (core_ && store_.lost(message.task)) handle(to_worker::lost{now(), {{message.task, std::move(message.problem)}}});
}

task<void> local_worker::spill(std::uint64_t nbytes) {
  note_load();
  auto before = store_.bytes_spilled();
  auto values = store_.coldest(nbytes);
  bool moved = store_.bytes_spilled() > before;
  for (auto& one : values) {
    auto lost = [me = self(this), task = one.task](std::string problem) {
      me.send(file_gone{task, std::move(problem)});
    };
    auto writing = run_on_pool(*with_.services->pool, [services = with_.services, value = one.value, lost] {
      return write_to_file(*value, services->uploads->directory() / "spilled", lost);
    });
    try {
      if (auto file = co_await std::move(writing)) {
        store_.spilled(one, std::move(file));
        moved = true;
      } else {
        store_.keep_in_memory(one);
      }
    } catch (error const& problem) {
      // A full disk, most likely: what is in memory stays there, and is tried again later.
      log("values stay in memory: {}", problem.what());
      next_spill_ = time_after(now(), std::chrono::seconds(10));
      break;
    }
    one.value = nullptr;
  }
  note_load();
  // What was freed may be scattered among what is in use.
  if (moved) {
    auto trimming = trim();
    co_await std::move(trimming);
  }
  spilling_ = false;
  note_load();
  // Where nothing was moved, all of it is in use; else more may have come meanwhile.
  if (!moved)
    next_spill_ = std::max(next_spill_, time_after(now(), spill_pause));
  else if (store_.bytes_in_memory() > with_.limits.target_bytes)
    look_at_memory();
}

task<void> local_worker::trim() {
  auto trimming = run_on_pool(*with_.services->pool, [] { ::malloc_trim(0); });
  co_await std::move(trimming);
}

}  // namespace troupe::detail
