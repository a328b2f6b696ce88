#pragma once

#include <troupe/actors/scheduler/cluster_event.hpp>

#include <cstdint>

namespace troupe {

/// What watches a cluster from inside its scheduler's process. Derive from it and register the type:
///
///     struct failure_log : troupe::scheduler_plugin {
///       explicit failure_log(std::string path);
///       void on_event(troupe::cluster_event const& event) override { if (event.what == "erred") … }
///     };
///     co_await client.register_plugin<failure_log>("failures.txt");
///
/// The scheduler makes it from the arguments. All its functions are called on threads that may block and are not the
/// scheduler's, one call at a time. It is told of events in order, some later than they happen; one that is slower than
/// they come, or that is to end before it was told all, loses some, and slows nothing. What a call throws is logged,
/// and the next event comes.
class scheduler_plugin {
 public:
  scheduler_plugin() = default;
  scheduler_plugin(scheduler_plugin const&) = delete;
  scheduler_plugin& operator=(scheduler_plugin const&) = delete;
  virtual ~scheduler_plugin() = default;

  /// What it throws makes the registration fail.
  virtual void setup();
  virtual void on_event(cluster_event const& event);
  /// So many events were dropped before the next, or before the end.
  virtual void on_dropped(std::uint64_t count);
  /// It was unregistered or replaced, or the scheduler closes.
  virtual void teardown();
};

}  // namespace troupe
