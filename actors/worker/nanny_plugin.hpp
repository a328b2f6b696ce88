#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace troupe {

/// A worker's process that its nanny is about to start.
struct worker_start {
  /// The worker's name.
  std::string worker;
  /// Counts the starts of this nanny, those of all its workers together, from 1.
  std::uint64_t number = 0;
  /// Variables that the process gets on top of the nanny's own environment.
  std::map<std::string, std::string> environment = {};
};

/// What a nanny does for its workers before their processes run: sets their environment, installs what they load.
/// Derive from it and register the type:
///
///     struct blas_threads : troupe::nanny_plugin {
///       explicit blas_threads(std::string threads);
///       void before_start(troupe::worker_start& worker) override { worker.environment["OMP_NUM_THREADS"] = threads_; }
///       bool restarts_workers() const override { return true; }
///     };
///     co_await client.register_plugin<blas_threads>("4");
///
/// Each nanny makes one from the arguments and keeps it while its workers come and go. A nanny is the process `troupe
/// worker` or `program --worker`, for all the workers that it starts, and the program itself for the workers of its own
/// cluster of processes. Nannies that come later have the plugin before they start a worker. All its functions are
/// called on a thread of the nanny that may block, one call at a time; meanwhile no worker is started.
class nanny_plugin {
 public:
  nanny_plugin() = default;
  nanny_plugin(nanny_plugin const&) = delete;
  nanny_plugin& operator=(nanny_plugin const&) = delete;
  virtual ~nanny_plugin() = default;

  /// What it throws makes the registration fail on the workers of this nanny.
  virtual void setup();
  /// What it throws is a start that failed: it is logged, and tried again as that of a worker that ended at once.
  virtual void before_start(worker_start& worker);
  /// The plugin was unregistered or replaced, or the nanny ends, its workers before it. What it throws is logged.
  virtual void teardown();

  /// Whether workers that run when it has been set up begin anew. What only they hold is computed again; scattered
  /// data that only they hold is lost.
  [[nodiscard]] virtual bool restarts_workers() const { return false; }
};

}  // namespace troupe
