#pragma once

#include "child.hpp"
#include "process_costs.hpp"

#include <troupe/actors/client/client.hpp>
#include <troupe/actors/runtime/runtime.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace troupe::bench {

/// Of how many workers with how many threads.
struct cluster_shape {
  std::size_t workers = 2;
  std::uint32_t threads = 1;
  /// In place of worker processes one that is many workers and does nothing, see play_zero_workers.
  bool zero = false;
};

/// The cluster of the figures over TCP: a scheduler and workers, processes of their own; this process is the client.
class tcp_cluster {
 public:
  explicit tcp_cluster(cluster_shape of = {});

  [[nodiscard]] troupe::client const& client() const noexcept { return client_; }
  /// Of the client's, the scheduler's and the workers' processes.
  [[nodiscard]] process_meter costs() const;
  /// Their names in the output, and their ids.
  [[nodiscard]] std::vector<std::pair<std::string, pid_t>> processes() const;
  /// Another client, in this process.
  [[nodiscard]] troupe::client connect_another() { return join(loops_.emplace_back()); }
  /// Waits until no task is left: until what was released is gone from the scheduler.
  void settle() const;

 private:
  [[nodiscard]] troupe::client join(runtime& in);

  child scheduler_;
  std::string address_;
  std::deque<child> workers_;
  std::deque<runtime> loops_;
  troupe::client client_;
};

/// Troupe's side of a figure, on a cluster of its own that serves all its runs.
template <class Run>
[[nodiscard]] contender on_tcp_cluster(Run run, cluster_shape of = {}) {
  return {"", [run, cluster = std::make_shared<tcp_cluster>(of)] { return run(*cluster); }};
}

}  // namespace troupe::bench
