#pragma once

/// The workers of a local cluster: threads of this process, or processes.

#include <troupe/actors/client/cluster_info.hpp>
#include <troupe/actors/client/internal/local_client.hpp>
#include <troupe/actors/client/internal/session.hpp>
#include <troupe/actors/cluster/internal/kept_process.hpp>
#include <troupe/actors/cluster/internal/memory_watch.hpp>
#include <troupe/actors/remote/internal/scheduler_port.hpp>
#include <troupe/actors/runtime/event_loop.hpp>
#include <troupe/actors/scheduler/internal/scheduler_actor.hpp>
#include <troupe/actors/worker/internal/local_nanny.hpp>
#include <troupe/actors/worker/internal/local_worker.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace troupe::detail {

/// Whether this program has said, by run() or init(), that it can be started again as a worker.
void set_can_be_worker() noexcept;

[[nodiscard]] intrusive_ptr<session> open_session(event_loop& loop, actor_ref<scheduler_actor> scheduler,
                                                  std::shared_ptr<executor> callbacks, std::string name,
                                                  cluster_info known, session::reach where,
                                                  local_client::place inside = local_client::place::of_its_own);
/// Blocks until they have closed.
void close_all(std::vector<intrusive_ptr<session>> const& sessions);
void stop_and_wait(actor_handle const& actor);

/// What each worker gets, of which there are `count` at first: they are called `name-0`, `name-1`, …
struct worker_shape {
  std::string name;
  std::uint32_t count = 1;
  std::uint32_t threads = 1;
  std::uint64_t memory = 0;
  std::map<std::string, double> resources;
  std::string local_directory;
  memory_policy::thresholds at = {};

  /// Of the worker that is started as the i-th, from 0.
  [[nodiscard]] std::string name_of(std::uint32_t i) const { return name + "-" + std::to_string(i); }
};

/// The workers that this process has started. Threads: any.
class cluster_workers {
 public:
  cluster_workers() = default;
  cluster_workers(cluster_workers const&) = delete;
  cluster_workers& operator=(cluster_workers const&) = delete;
  virtual ~cluster_workers() = default;

  /// Orderly: lets tasks end. Blocks. No more are started after that.
  virtual void close() = 0;
  /// Runs what clients register with on_done.
  [[nodiscard]] virtual std::shared_ptr<executor> callbacks() const = 0;
  [[nodiscard]] virtual session::reach reach() const noexcept = 0;
  /// Whether the calling thread runs a task of these workers.
  [[nodiscard]] virtual bool runs_here() const noexcept = 0;

  // ---- while the cluster changes

  /// Blocks until it runs; what takes part at once has joined then. Throws error where it cannot be started.
  virtual void start(std::string const& name) = 0;
  /// Whether a worker joins some time after its start, and again when it was lost.
  [[nodiscard]] virtual bool join_late() const noexcept = 0;
  /// One that is to leave is not started again; unless it stays after all.
  virtual void may_come_back(std::string const& /*name*/, bool /*may*/) {}
  /// It has left the cluster and will not come back.
  [[nodiscard]] virtual bool has_left(std::string const& name) const = 0;
  /// Ends what has left, or has not joined, and forgets it. Blocks.
  virtual void end(std::string const& name) = 0;
  /// Called on any thread when a worker will not come back that has ended by itself.
  virtual void on_left(std::function<void()> /*told*/) {}

  /// As the cluster last heard of its workers.
  [[nodiscard]] cluster_info info() const {
    std::scoped_lock lock(mutex_);
    return info_;
  }
  void heard(cluster_info const& info) {
    std::scoped_lock lock(mutex_);
    info_ = info;
  }

 protected:
  mutable std::mutex mutex_;  // guards what follows, and the workers
  cluster_info info_;
};

class worker_threads final : public cluster_workers {
 public:
  worker_threads(event_loop& loop, actor_ref<scheduler_actor> scheduler, worker_shape shape);
  void close() override;
  [[nodiscard]] std::shared_ptr<executor> callbacks() const override { return first_ ? first_->pool : nullptr; }
  [[nodiscard]] session::reach reach() const noexcept override { return session::reach::this_process; }
  [[nodiscard]] bool runs_here() const noexcept override;
  void start(std::string const& name) override;
  [[nodiscard]] bool join_late() const noexcept override { return false; }
  [[nodiscard]] bool has_left(std::string const& name) const override;
  void end(std::string const& name) override;

 private:
  struct worker {
    actor_ref<local_worker> actor;
    std::shared_ptr<worker_services> services;
    future<exit_reason> ended;
    std::unique_ptr<memory_in_program> memory;
  };
  void finish(std::vector<worker> const& leaving);

  event_loop& loop_;
  actor_ref<scheduler_actor> const scheduler_;
  worker_shape const shape_;
  std::shared_ptr<upload_store> const uploads_;
  /// The first worker's. Their pool stays when that leaves, so they do: what runs on it may use them.
  std::shared_ptr<worker_services> first_;
  std::vector<worker> workers_;
  actor_ref<memory_watch> memory_;
};

/// This program, started again as a worker, as often as wanted, and again where such a process crashes.
class worker_processes final : public cluster_workers {
 public:
  /// Returns when all have joined; throws error where one ends before, or where this program cannot be a worker.
  worker_processes(event_loop& loop, actor_ref<scheduler_actor> const& scheduler, worker_shape shape);
  ~worker_processes() override;
  void close() override;
  [[nodiscard]] std::shared_ptr<executor> callbacks() const override { return callbacks_; }
  [[nodiscard]] session::reach reach() const noexcept override { return session::reach::other_processes; }
  [[nodiscard]] bool runs_here() const noexcept override { return false; }
  void start(std::string const& name) override;
  [[nodiscard]] bool join_late() const noexcept override { return true; }
  void may_come_back(std::string const& name, bool may) override;
  [[nodiscard]] bool has_left(std::string const& name) const override;
  void end(std::string const& name) override;
  void on_left(std::function<void()> told) override;

 private:
  /// `ended`: called at each of its ends.
  [[nodiscard]] std::unique_ptr<kept_process> make(std::string const& name, std::function<void()> const& ended);

  void measure();

  worker_shape const shape_;
  nanny_settings const supervision_;
  std::shared_ptr<thread_pool> callbacks_;
  actor_handle memory_watch_;
  actor_ref<scheduler_port> port_;
  /// This process is that of its workers.
  std::shared_ptr<nanny_services> nanny_;
  actor_ref<local_nanny> nanny_actor_;
  std::string address_;
  std::function<void()> told_;
  std::map<std::string, std::unique_ptr<kept_process>> children_;
};

}  // namespace troupe::detail
