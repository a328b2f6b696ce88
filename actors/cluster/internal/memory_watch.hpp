#pragma once

#include <troupe/actors/cluster/internal/memory_policy.hpp>
#include <troupe/actors/runtime/actor.hpp>
#include <troupe/actors/worker/internal/execution.hpp>
#include <troupe/actors/worker/internal/local_worker.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace troupe::detail {

/// What the workers inside of this program may take together, of all its clusters: their limits, but no more than the
/// program could take when the first of them began. What it took then is its own.
class memory_in_program {
 public:
  /// One of these workers, as long as it lives.
  explicit memory_in_program(std::uint64_t limit);
  memory_in_program(memory_in_program const&) = delete;
  memory_in_program& operator=(memory_in_program const&) = delete;
  ~memory_in_program();

  struct account {
    std::uint64_t taken_before = 0;
    std::uint64_t allowed = 0;
  };
  /// While there are such workers.
  [[nodiscard]] static account get();

 private:
  std::uint64_t const limit_;
};

/// Tells the workers of this process, ten times a second, what to do about the memory that the process takes.
class memory_watch final : public actor {
 public:
  struct worker {
    actor_ref<local_worker> actor;
    std::shared_ptr<worker_services> services;
  };
  /// The worker has its process for itself. It is told at `pause` of its limit to begin nothing.
  memory_watch(worker alone, memory_policy::thresholds at);
  /// Workers come and go, all of them in memory_in_program.
  explicit memory_watch(memory_policy::thresholds at);

  struct look {};
  void on(look);
  struct add {
    worker who;
  };
  void on(add message) { workers_.push_back(std::move(message.who)); }
  struct remove {
    std::shared_ptr<worker_services> who;
  };
  void on(remove message);

 private:
  void decide(std::uint64_t resident);

  /// Whether the process is the workers' own.
  bool const own_process_;
  memory_policy policy_;
  std::vector<worker> workers_;
  std::size_t short_looks_ = 0;
};

}  // namespace troupe::detail
