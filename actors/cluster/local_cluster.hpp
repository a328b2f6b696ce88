#pragma once

#include <troupe/actors/client/client.hpp>
#include <troupe/actors/client/cluster_info.hpp>
#include <troupe/actors/cluster/adapt_options.hpp>
#include <troupe/actors/cluster/cluster_options.hpp>
#include <troupe/actors/runtime/runtime.hpp>
#include <troupe/futures/future.hpp>

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>

namespace troupe {

/// A scheduler and workers inside this process. Values pass between tasks by pointer, nothing is serialised.
///
/// - The constructor returns at once; throws error for options that make no cluster (no workers, a share of memory
///   beyond 0 to 1), client_closed where
///   the runtime is closed.
/// - close, or the destructor, is orderly: clients' unfinished futures fail with client_closed, running tasks are asked
///   to stop and waited for, unstarted ones are dropped, the workers' threads end. It also comes when the runtime
///   closes.
/// - How many workers there are can change: scale and adapt.
/// - Threads: all functions from any thread; close and the destructor not from a loop or a task (would_deadlock).
class local_cluster {
 public:
  explicit local_cluster(runtime& in, cluster_options const& options = {});
  ~local_cluster();
  local_cluster(local_cluster const&) = delete;
  local_cluster& operator=(local_cluster const&) = delete;

  /// A session of its own; throws client_closed after close. `name` shows in diagnostics.
  [[nodiscard]] client connect(std::string name = "client") const;

  /// Brings the cluster to so many workers, of the shape of those it has; returns at once, as in Dask. Then
  /// `settled()` waits for it, or `client.wait_for_workers`. Ends adapting. With 0, tasks wait for workers.
  ///
  /// - Those that leave are retired (client.retire_workers): what only they hold is moved to others, what they run
  ///   ends, no answer is lost. Workers that are still on their way go first, then those without actors, of these the
  ///   idle ones, of these those that hold least. Where nobody stays that could take over results, they stay.
  /// - Names are not used again: after `scale(1)`, `scale(2)` begins another worker.
  /// - Throws error for a negative number, client_closed after close.
  void scale(std::int64_t workers);
  /// Done when the cluster is what it was last told to be: who is to come has come, who is to go has gone. Fails with
  /// what kept a scale from that: a worker that could not be started, or whose results nobody could take over; with
  /// client_closed when the cluster closes. Giving up the future gives up the wait alone.
  [[nodiscard]] future<void> settled() const;

  /// From now on there are as many workers as there is work for, within the bounds: client.adaptive_target says how
  /// many that is. More come at once; who is superfluous is retired once `wait_count` looks in a row, `interval` apart,
  /// have found it so. Idle ones only: those that have tasks or actors stay, unless they are more than the maximum.
  /// With a minimum of 0, a cluster without work has no worker, and tasks that come then wait for the first.
  ///
  /// - Until stop_adapting, scale, another adapt, or close. The workers there are then stay.
  /// - Throws error that names the options which are negative, leave no worker, or contradict each other; client_closed
  ///   after close.
  void adapt(adapt_options const& options);
  void adapt(std::int64_t minimum, std::int64_t maximum) { adapt(adapt_options{}.minimum(minimum).maximum(maximum)); }
  void stop_adapting();

  /// As the cluster last heard of its workers: no later than `settled()`. `client.cluster_info()` asks.
  [[nodiscard]] cluster_info info() const;
  void close();

  /// `2 workers, 4 threads, 23.4 GB`
  [[nodiscard]] friend std::string to_string(local_cluster const& c) { return to_string(c.info()); }
  friend std::ostream& operator<<(std::ostream& out, local_cluster const& c);

 private:
  class impl;
  std::shared_ptr<impl> impl_;
};

}  // namespace troupe
