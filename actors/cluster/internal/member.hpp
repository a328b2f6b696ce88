#pragma once

/// What makes a process a member of a cluster: a client or a worker of a scheduler elsewhere.

#include <troupe/actors/client/client.hpp>
#include <troupe/actors/client/internal/session.hpp>
#include <troupe/actors/cluster/internal/memory_watch.hpp>
#include <troupe/actors/cluster/internal/preload_hooks.hpp>
#include <troupe/actors/cluster/server_options.hpp>
#include <troupe/actors/remote/internal/remote_scheduler.hpp>
#include <troupe/actors/remote/internal/value_server.hpp>
#include <troupe/actors/runtime/runtime.hpp>
#include <troupe/actors/worker/internal/local_worker.hpp>

#include <functional>
#include <memory>
#include <string>

namespace troupe::detail {

/// This process as it introduces itself; `compression` of links to other machines: `auto`, `lz4`, `zstd` or `none`.
/// Throws error for another word.
[[nodiscard]] hello introduce(link_role role, std::string const& compression = "auto");

/// Of host and process, for what is given no other name.
[[nodiscard]] std::string name_of_process();

/// `host:8786`, `tcp://host` and the like as an address with scheme and port.
[[nodiscard]] std::string full_address(std::string const& address);

/// A worker in this process of a scheduler elsewhere.
class worker_member {
 public:
  /// Waits for so long; false as soon as the worker is not wanted any more.
  using pause = std::function<bool(duration)>;
  class not_wanted : public error {
   public:
    using error::error;
  };
  class no_scheduler : public error {
   public:
    using error::error;
  };

  /// Connects and joins. Blocks until it has a scheduler; `wait` is between the attempts. Throws no_scheduler where
  /// there is none within the options' death_timeout, refused_for_good as soon as the scheduler refuses it, not_wanted,
  /// and error, among others for what the hooks of its libraries throw, which it calls before it joins.
  worker_member(runtime& in, worker_server_options const& options, pause const& wait);
  ~worker_member();
  worker_member(worker_member const&) = delete;
  worker_member& operator=(worker_member const&) = delete;

  /// Done when the scheduler is gone, the worker was refused, or the cluster was shut down.
  [[nodiscard]] future<exit_reason> ended() const { return scheduler_.ended(); }
  /// As client.retire_workers: what only this worker holds goes to others, what it runs comes to its end, and it ends.
  /// Answered with those as `problems` that stay, if the answer comes before the end.
  [[nodiscard]] future<query_result> retire();
  /// Asks what runs to stop and waits for its end; false where that has not come by then: leaving would wait for it.
  [[nodiscard]] bool finish(time_point until);
  /// Finishes what runs and leaves. Blocks.
  void leave();

 private:
  actor_ref<remote_scheduler> scheduler_;
  std::shared_ptr<worker_services> services_;
  actor_ref<local_worker> worker_;
  actor_ref<value_server> values_;
  actor_ref<memory_watch> memory_;
  std::unique_ptr<worker_context> context_;
  preload_hooks hooks_;
  bool left_ = false;
};

/// A link to the scheduler of these options, as a process of this role. Blocks and throws as worker_member does.
[[nodiscard]] link_ptr connect_as(link_role role, event_loop& on, worker_server_options const& options,
                                  worker_member::pause const& wait);

/// A client of the scheduler at `address`, until it or the runtime is closed, or nobody uses it any more. Throws error
/// where it is not reached. The options are those of its links to the scheduler and to workers. What runs its callbacks
/// is a thread that all such clients of a runtime share; it stays until the runtime closes.
[[nodiscard]] client connect_to(runtime& in, std::string const& address, std::string name, link_options options = {});

}  // namespace troupe::detail
