#pragma once

#include <troupe/actors/runtime/actor.hpp>
#include <troupe/actors/scheduler/internal/messages.hpp>
#include <troupe/actors/scheduler/internal/queries.hpp>

namespace troupe::detail {

/// A scheduler as its clients and workers see it: the one of this process, or a stand-in that passes everything on to
/// another process.
class scheduler_actor : public actor {
 public:
  virtual void on(attach_client&& message) = 0;
  virtual void on(detach_client message) = 0;
  virtual void on(attach_worker&& message) = 0;
  virtual void on(attach_nanny&& message) = 0;
  virtual void on(worker_memory message) = 0;
  virtual void on(client_batch&& batch) = 0;
  virtual void on(worker_news&& news) = 0;
  [[nodiscard]] virtual task<cluster_info> on(get_info) = 0;
  [[nodiscard]] virtual task<cluster_status> on(get_status) = 0;
  [[nodiscard]] virtual task<std::vector<value_ptr>> on(relay_values const& request) = 0;
  [[nodiscard]] virtual task<query_result> on(query&& asked) = 0;
  [[nodiscard]] virtual task<value_ptr> on(run_call&& asked) = 0;
  [[nodiscard]] virtual task<query_result> on(change_plugin&& asked) = 0;
  virtual void on(relay_calls&& message) = 0;
  virtual void on(relay_stop_calls&& message) = 0;
};

}  // namespace troupe::detail
