#pragma once

#include <troupe/actors/scheduler/internal/scheduler_actor.hpp>
#include <troupe/actors/worker/internal/worker_actor.hpp>

#include <vector>

/// What stands in for a part of a cluster in the tests of another. A test says what it wants of it (`using … ::on;`,
/// and the handlers that do something).
namespace troupe::test {

template <class T>
task<T> with_nothing() {
  co_return T();
}

/// Takes everything and does nothing.
class quiet_scheduler : public detail::scheduler_actor {
 public:
  void on(detail::attach_client&&) override {}
  void on(detail::detach_client) override {}
  void on(detail::attach_worker&&) override {}
  void on(detail::attach_nanny&&) override {}
  void on(detail::worker_memory) override {}
  void on(detail::client_batch&&) override {}
  void on(detail::worker_news&&) override {}
  void on(detail::relay_calls&&) override {}
  void on(detail::relay_stop_calls&&) override {}
  task<cluster_info> on(detail::get_info) override { return with_nothing<cluster_info>(); }
  task<cluster_status> on(detail::get_status) override { return with_nothing<cluster_status>(); }
  task<detail::query_result> on(detail::query&&) override { return with_nothing<detail::query_result>(); }
  task<detail::value_ptr> on(detail::run_call&&) override { return with_nothing<detail::value_ptr>(); }
  task<detail::query_result> on(detail::change_plugin&&) override { return with_nothing<detail::query_result>(); }
  task<std::vector<detail::value_ptr>> on(detail::relay_values const&) override {
    return with_nothing<std::vector<detail::value_ptr>>();
  }
};

/// Takes everything and does nothing.
class quiet_worker : public detail::worker_actor {
 public:
  void on(detail::worker_welcome) override {}
  void on(detail::compute_batch&&) override {}
  void on(detail::stop_batch&&) override {}
  void on(detail::free_batch&&) override {}
  void on(detail::dismiss const&) override {}
  void on(detail::actor_calls&&) override {}
  void on(detail::stop_calls&&) override {}
  task<detail::upload_state> on(detail::give_upload&&) override { return with_nothing<detail::upload_state>(); }
  task<detail::plugin_taken> on(detail::give_plugin&&) override { return with_nothing<detail::plugin_taken>(); }
  task<std::vector<detail::value_ptr>> on(detail::get_values const&) override {
    return with_nothing<std::vector<detail::value_ptr>>();
  }
  task<void> on(detail::finish_up) override { co_return; }
};

}  // namespace troupe::test
