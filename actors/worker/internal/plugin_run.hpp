#pragma once

#include <troupe/actors/scheduler/internal/messages.hpp>
#include <troupe/actors/worker/internal/execution.hpp>
#include <troupe/futures/future.hpp>
#include <troupe/futures/promise.hpp>

#include <string>
#include <utility>

namespace troupe::detail {

/// The call that makes a plugin: a run on a worker's pool, or a nanny's, that is no task. Keeps itself until it has
/// ended.
class plugin_run final : public execution {
 public:
  /// Begins at once, whatever else runs; fails with task_error for what the plugin throws.
  [[nodiscard]] static future<value_ptr> start(worker_services& services, give_plugin what);

  void note_waiting() override {}
  void take(made_plugin&& made) override;

 private:
  plugin_run(worker_services& services, give_plugin what);
  template <class T, class... Args>
  friend intrusive_ptr<T> make_intrusive(Args&&... args);
  void finished() noexcept override;

  std::string const name_;
  std::uint64_t const change_;
  promise<value_ptr> ended_;
};

}  // namespace troupe::detail
