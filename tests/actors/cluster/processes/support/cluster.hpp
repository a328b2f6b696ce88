#pragma once

#include "../../process/support/lines.hpp"

#include <troupe/actors/client/client.hpp>
#include <troupe/actors/cluster/process/child_process.hpp>
#include <troupe/actors/runtime/runtime.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace troupe::test {

/// A scheduler of the command `troupe` and workers of this program or others, each a process.
class process_cluster {
 public:
  explicit process_cluster(std::vector<std::string> scheduler_arguments = {});

  [[nodiscard]] std::string const& address() const noexcept { return address_; }
  /// Starts a worker of one thread and returns when it has joined.
  detail::child_process& add_worker(std::string const& name, std::string const& program = detail::this_program());
  /// The same of the command `troupe` with a library of tasks.
  detail::child_process& add_troupe_worker(std::string const& name, std::string const& library);
  /// This program as a worker with further arguments: not waited for. What it says goes to `said`. With `under` it is
  /// started by this command, which ends with what it is to run.
  detail::child_process& begin_worker(std::vector<std::string> const& arguments, lines& said,
                                      std::map<std::string, std::string> environment = {},
                                      std::vector<std::string> under = {});
  /// The same of the command `troupe`.
  detail::child_process& begin_troupe_worker(std::vector<std::string> const& arguments, lines& said,
                                             std::map<std::string, std::string> environment = {});
  [[nodiscard]] detail::child_process& scheduler() noexcept { return *scheduler_; }
  /// What the scheduler says; blocks until it has said `text`.
  std::string wait_for_word(std::string const& text);
  /// A session of its own, in a runtime of its own.
  [[nodiscard]] troupe::client connect();
  /// Returns when the scheduler knows so many workers.
  void wait_for_workers(std::size_t count);

 private:
  detail::child_process& begin(std::vector<std::string> command, std::vector<std::string> const& arguments, lines& said,
                               std::map<std::string, std::string> environment);
  detail::child_process& start_worker(std::string const& name, std::vector<std::string> command);

  lines said_;
  std::string address_;
  std::unique_ptr<detail::child_process> scheduler_;
  std::vector<std::unique_ptr<detail::child_process>> workers_;
  std::vector<std::unique_ptr<runtime>> runtimes_;
};

}  // namespace troupe::test
