#pragma once

#include <troupe/actors/cluster/internal/member.hpp>
#include <troupe/actors/worker/internal/local_nanny.hpp>

#include <memory>

namespace troupe::detail {

/// The nanny of this process for a scheduler elsewhere, which gives it plugins.
class nanny_member {
 public:
  /// Connects with the options of its workers; blocks, waits and throws as worker_member does.
  nanny_member(runtime& in, worker_server_options const& options, std::shared_ptr<nanny_services> services,
               worker_member::pause const& wait);
  ~nanny_member();
  nanny_member(nanny_member const&) = delete;
  nanny_member& operator=(nanny_member const&) = delete;

  /// Done when it has the plugins that nannies have; fails with error where it could not take one.
  [[nodiscard]] future<void> welcome() const { return nanny_.ask(local_nanny::await_welcome{}); }
  /// Done when the scheduler is gone.
  [[nodiscard]] future<exit_reason> ended() const { return scheduler_.ended(); }

 private:
  actor_ref<remote_scheduler> scheduler_;
  actor_ref<local_nanny> nanny_;
};

}  // namespace troupe::detail
