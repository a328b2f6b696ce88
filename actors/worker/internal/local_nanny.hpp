#pragma once

#include <troupe/actors/worker/internal/execution.hpp>
#include <troupe/actors/worker/internal/nanny_actor.hpp>
#include <troupe/actors/worker/internal/nanny_plugins.hpp>
#include <troupe/actors/worker/internal/plugin_changes.hpp>
#include <troupe/futures/promise.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace troupe::detail {

/// What a nanny of this process has beside the workers' processes: plugins, and a thread for their code, which begins
/// when it is first needed. Outlives its actor; any thread.
class nanny_services {
 public:
  /// `libraries` of tasks may have the plugins: they are loaded when the first comes that the program does not have.
  nanny_services(std::string program, std::vector<std::string> libraries);
  ~nanny_services();
  nanny_services(nanny_services const&) = delete;
  nanny_services& operator=(nanny_services const&) = delete;

  [[nodiscard]] std::string const& program() const noexcept { return program_; }
  /// Random: the one that its workers say when they join.
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  [[nodiscard]] nanny_plugins& plugins() noexcept { return plugins_; }
  [[nodiscard]] plugin_changes& changes() noexcept { return changes_; }
  [[nodiscard]] thread_pool& pool();
  /// Of the calls that make plugins.
  [[nodiscard]] worker_services& makers() { return static_cast<void>(pool()), services_; }
  /// Throws error where neither the program nor a library has it. Blocks.
  void require(function_info const& maker);
  /// Tears the plugins down. Blocks; may be called twice.
  void close();

 private:
  std::string const program_;
  std::vector<std::string> const libraries_;
  std::uint64_t const number_;
  std::once_flag begun_;
  worker_services services_;
  nanny_plugins plugins_;
  plugin_changes changes_;
};

/// The nanny of this process for a scheduler.
class local_nanny final : public nanny_actor {
 public:
  explicit local_nanny(std::shared_ptr<nanny_services> services) : services_(std::move(services)) {}

  [[nodiscard]] task<plugin_taken> on(give_plugin&& given) override;
  void on(nanny_welcome message) override;

  struct await_welcome {};
  /// Answered once it has all plugins that nannies have; fails with error where it could not take one.
  [[nodiscard]] task<void> on(await_welcome);

 private:
  [[nodiscard]] static task<plugin_taken> put(std::shared_ptr<nanny_services> services, give_plugin given);
  [[nodiscard]] static task<plugin_taken> remove(std::shared_ptr<nanny_services> services, std::string name);

  std::shared_ptr<nanny_services> const services_;
  promise<void> welcomed_;
  future<void> const welcome_ = welcomed_.get_future();
};

}  // namespace troupe::detail
