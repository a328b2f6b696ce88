#pragma once

#include <troupe/actors/functions/task_library.hpp>
#include <troupe/actors/worker/task_context.hpp>

#include <functional>
#include <string>
#include <vector>

namespace troupe::detail {

/// The hooks of the libraries that a server was started with: `troupe_setup` and `troupe_teardown` for a worker,
/// `troupe_setup_scheduler` and `troupe_teardown_scheduler` for a scheduler. One thread.
class preload_hooks {
 public:
  preload_hooks() = default;
  ~preload_hooks() { tear_down(); }
  preload_hooks(preload_hooks const&) = delete;
  preload_hooks& operator=(preload_hooks const&) = delete;

  /// Calls the library's first one, if it has it. Throws error that names library and function for what that throws.
  void set_up(task_library const& library);
  /// `worker` outlives the hooks.
  void set_up(task_library const& library, worker_context& worker);
  /// Calls the second ones, the last library's first; what they throw is logged. May be called twice.
  void tear_down() noexcept;

 private:
  struct teardown {
    std::string what;
    std::function<void()> call;
  };
  std::vector<teardown> teardowns_;
};

}  // namespace troupe::detail
