#include <troupe/actors/client/internal/passed_answer.hpp>
#include <troupe/actors/cluster/internal/adaptive_core.hpp>
#include <troupe/actors/cluster/internal/cluster_scaler.hpp>
#include <troupe/actors/cluster/internal/cluster_workers.hpp>
#include <troupe/actors/cluster/internal/member.hpp>
#include <troupe/actors/cluster/local_cluster.hpp>
#include <troupe/actors/cluster/process/memory.hpp>
#include <troupe/actors/scheduler/internal/local_scheduler.hpp>
#include <troupe/actors/scheduler/internal/scheduler_functions.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <ostream>
#include <utility>
#include <vector>

namespace troupe {

class local_cluster::impl {
 public:
  impl(runtime& in, cluster_options const& options) : loop_(in.loop(0)) {
    if (options.workers() == 0) throw error("a cluster needs at least one worker: cluster_options has workers(0)");
    check_share("memory_target", options.memory_target());
    check_share("memory_spill", options.memory_spill());
    check_share("memory_pause", options.memory_pause());
    auto threads = options.threads_per_worker() ? options.threads_per_worker()
                                                : std::max(1U, detail::usable_cores() / options.workers());
    auto memory = options.memory_limit() ? options.memory_limit() : detail::usable_memory() / options.workers();

    detail::scheduler_options how;
    how.keep_lineage = options.processes();
    functions_ = std::make_shared<detail::scheduler_functions>(detail::introduce(detail::link_role::scheduler).name);
    scheduler_ = loop_.spawn<detail::local_scheduler>(how, functions_);
    shape_ = {options.worker_name(),
              options.workers(),
              threads,
              memory,
              options.resources(),
              options.local_directory(),
              {options.memory_target(), options.memory_spill(), options.memory_pause()}};
    if (options.processes())
      workers_ = std::make_unique<detail::worker_processes>(loop_, scheduler_, shape_);
    else
      workers_ = std::make_unique<detail::worker_threads>(loop_, scheduler_, shape_);
  }

  client connect(std::string name) {
    std::scoped_lock lock(mutex_);
    check_open();
    std::erase_if(sessions_, [](auto const& one) { return one->has_ended(); });
    auto const& opened = sessions_.emplace_back(detail::open_session(
        loop_, scheduler_, workers_->callbacks(), std::move(name), workers_->info(), workers_->reach()));
    auto first = detail::make_client(opened, {});
    opened->end_when_unused();
    return first;
  }

  cluster_info info() const { return workers_->info(); }

  void scale(std::int64_t workers) {
    if (workers < 0 || workers > UINT32_MAX)
      throw error(fmt::format("scale({}): a cluster has no such number of workers", workers));
    scaler().send(detail::cluster_scaler::scale{static_cast<std::uint32_t>(workers)});
  }

  void adapt(adapt_options const& options) {
    auto limits = detail::limits_of(options, shape_.threads, shape_.memory);
    scaler().send(detail::cluster_scaler::adapt{limits});
  }

  void stop_adapting() { scaler().send(detail::cluster_scaler::stop_adapting{}); }

  future<void> settled() {
    auto read = [](future<void> const& asked) {
      try {
        asked.get();
      } catch (actor_gone const&) {
        throw client_closed("the cluster was closed");
      }
    };
    return detail::passed_answer<void, void>::of(scaler().ask(detail::cluster_scaler::get_settled{}), read);
  }

  /// Who comes second waits for the first.
  void close() {
    if (workers_->runs_here() || functions_->runs_here())
      throw would_deadlock("a task cannot close the cluster that it runs in: closing waits for the task");
    detail::blocking_region region("closing a cluster");
    std::call_once(closing_, [this] { close_now(); });
  }

 private:
  static void check_share(char const* option, double share) {
    if (!(share >= 0 && share <= 1))
      throw error(fmt::format("{}({}): a share of the memory limit is from 0 to 1", option, share));
  }

  void check_open() const {
    if (closed_) throw client_closed("the cluster was closed");
  }

  /// Begins with the first use.
  actor_ref<detail::cluster_scaler> scaler() {
    std::scoped_lock lock(mutex_);
    check_open();
    if (!scaler_) {
      hands_ = std::make_shared<detail::thread_pool>(shape_.name + "-scale", 1);
      scaler_ = loop_.spawn<detail::cluster_scaler>(
          detail::cluster_scaler::setup{scheduler_, workers_.get(), shape_, hands_});
    }
    return scaler_;
  }

  void close_now() {
    {
      std::scoped_lock lock(mutex_);
      closed_ = true;
    }
    if (scaler_) {
      detail::stop_and_wait(scaler_);
      hands_->join();
    }
    // Futures first, what waits for them goes on: those of clients, then those of tasks, whose failures no client is
    // left to see.
    detail::close_all(sessions_);
    functions_->close();
    workers_->close();
    detail::stop_and_wait(scheduler_);
  }

  event_loop& loop_;
  detail::worker_shape shape_;
  std::mutex mutex_;  // guards closed_ and, until closed, what comes after the workers
  bool closed_ = false;
  std::once_flag closing_;
  actor_ref<detail::scheduler_actor> scheduler_;
  std::shared_ptr<detail::scheduler_functions> functions_;
  std::unique_ptr<detail::cluster_workers> workers_;
  std::vector<detail::intrusive_ptr<detail::session>> sessions_;
  std::shared_ptr<detail::thread_pool> hands_;
  actor_ref<detail::cluster_scaler> scaler_;
};

local_cluster::local_cluster(runtime& in, cluster_options const& options) : impl_(std::make_shared<impl>(in, options)) {
  std::weak_ptr<impl> watched = impl_;
  bool kept = in.on_close([watched] {
    if (auto alive = watched.lock()) alive->close();
  });
  if (kept) return;
  impl_->close();
  throw client_closed("a cluster needs a runtime that is not closed");
}

local_cluster::~local_cluster() { impl_->close(); }

client local_cluster::connect(std::string name) const { return impl_->connect(std::move(name)); }
void local_cluster::scale(std::int64_t workers) { impl_->scale(workers); }
future<void> local_cluster::settled() const { return impl_->settled(); }
void local_cluster::adapt(adapt_options const& options) { impl_->adapt(options); }
void local_cluster::stop_adapting() { impl_->stop_adapting(); }
cluster_info local_cluster::info() const { return impl_->info(); }
void local_cluster::close() { impl_->close(); }

std::ostream& operator<<(std::ostream& out, local_cluster const& c) { return out << to_string(c); }

}  // namespace troupe
