#include <troupe/actors/cluster/internal/memory_watch.hpp>
#include <troupe/actors/cluster/process/memory.hpp>
#include <troupe/actors/worker/log.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <utility>

namespace troupe::detail {
namespace {

constexpr auto pause = std::chrono::milliseconds(100);
/// While memory is short what was freed goes back to the system this often: it takes the longer the more there is.
constexpr std::size_t looks_between_trims = 10;

struct program_account {
  std::mutex mutex;  // guards what follows
  std::size_t workers = 0;
  std::uint64_t limits = 0;
  std::uint64_t taken_before = 0;

  static program_account& instance() {
    static auto* const one = new program_account;  // workers may end after the program's statics
    return *one;
  }
};

std::uint64_t taken_now() { return resident_memory(::getpid()).value_or(0); }

std::uint64_t difference(std::uint64_t larger, std::uint64_t smaller) { return larger - std::min(larger, smaller); }

}  // namespace

memory_in_program::memory_in_program(std::uint64_t limit) : limit_(limit) {
  auto& all = program_account::instance();
  std::scoped_lock lock(all.mutex);
  if (all.workers++ == 0) all.taken_before = taken_now();
  all.limits += limit_;
}

memory_in_program::~memory_in_program() {
  auto& all = program_account::instance();
  std::scoped_lock lock(all.mutex);
  --all.workers;
  all.limits -= limit_;
}

memory_in_program::account memory_in_program::get() {
  static auto const usable = usable_memory();
  auto& all = program_account::instance();
  std::scoped_lock lock(all.mutex);
  return {all.taken_before, std::min(all.limits, difference(usable, all.taken_before))};
}

memory_watch::memory_watch(worker alone, memory_policy::thresholds at) : own_process_(true), policy_(at, false) {
  workers_.push_back(std::move(alone));
  send_after(pause, this, look{});
}

memory_watch::memory_watch(memory_policy::thresholds at) : own_process_(false), policy_(at, true) {
  send_after(pause, this, look{});
}

void memory_watch::on(remove message) {
  std::erase_if(workers_, [&](worker const& w) { return w.services == message.who; });
}

void memory_watch::on(look) {
  if (auto resident = resident_memory(::getpid()); resident && !workers_.empty()) decide(*resident);
  send_after(pause, this, look{});
}

void memory_watch::decide(std::uint64_t resident) {
  std::vector<memory_policy::worker> seen;
  for (auto const& w : workers_) {
    auto const& services = *w.services;
    seen.push_back({services.stored.in_memory.load(std::memory_order_relaxed),
                    services.running.load(std::memory_order_relaxed),
                    services.spilling.load(std::memory_order_relaxed)});
  }
  auto limits =
      own_process_ ? memory_in_program::account{0, workers_.front().services->memory_limit} : memory_in_program::get();
  bool was_short = policy_.is_short();
  auto orders = policy_.look(difference(resident, limits.taken_before), limits.allowed, seen);
  if (policy_.is_short() != was_short)
    log("the process takes {} MB of memory: {}", resident / 1'000'000,
        was_short ? "tasks begin again" : "nothing new begins until that is less");
  short_looks_ = policy_.is_short() ? short_looks_ + 1 : 0;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    bool trim = i == 0 && short_looks_ % looks_between_trims == 1;
    // Where the process is the scheduler's, too, what it takes is no worker's.
    workers_[i].actor.send(
        local_worker::memory_pressure{own_process_ ? resident : 0, orders[i].spill, orders[i].pause, trim});
  }
}

}  // namespace troupe::detail
