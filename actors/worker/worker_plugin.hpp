#pragma once

namespace troupe {

class worker_context;

/// What each worker keeps beside its tasks: a connection, a device, a cache. Derive from it and register the type:
///
///     struct database : troupe::worker_plugin {
///       explicit database(std::string url);
///       void setup(troupe::worker_context& worker) override;     // connects
///       void teardown(troupe::worker_context& worker) override;  // says goodbye
///       double price(int id);
///     };
///     co_await client.register_plugin<database>("db://prices");
///
///     double value(troupe::worker_context& worker, int id) { return worker.plugin<database>()->price(id); }
///
/// Each worker makes one of its own, in its process, from the arguments; the type itself need not travel. `setup` and
/// `teardown` are called once each, on a thread of the worker that may block, before and after all use by tasks that
/// the worker was given meanwhile; tasks call the rest from several threads at once.
class worker_plugin {
 public:
  worker_plugin() = default;
  worker_plugin(worker_plugin const&) = delete;
  worker_plugin& operator=(worker_plugin const&) = delete;
  virtual ~worker_plugin() = default;

  /// What it throws makes the registration fail on this worker.
  virtual void setup(worker_context& worker);
  /// The plugin was unregistered or replaced, or the worker leaves in order. What it throws is logged.
  virtual void teardown(worker_context& worker);
};

}  // namespace troupe
