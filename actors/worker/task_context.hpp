#pragma once

#include <troupe/actors/client/client.hpp>

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <typeinfo>

namespace troupe {

class worker_context;

namespace detail {
class execution;
class worker_services;
[[nodiscard]] execution& execution_of(task_context& context) noexcept;
[[nodiscard]] worker_services const& services_of(worker_context const& context) noexcept;
}  // namespace detail

/// What a running task sees of itself. A function that takes a `task_context&` first gets its own; it lives as long as
/// the execution. From the task's own code only.
class task_context {
 public:
  explicit task_context(detail::execution& self) noexcept : self_(self) {}
  task_context(task_context const&) = delete;
  task_context& operator=(task_context const&) = delete;

  /// Asked to stop when the task is cancelled or its cluster closes. The function decides when to look.
  [[nodiscard]] std::stop_token stop_token() const noexcept;
  /// Submits to the cluster the task runs in. What it submits are children of this task: they are cancelled with it.
  [[nodiscard]] troupe::client client() const;
  [[nodiscard]] std::string key() const;
  [[nodiscard]] std::string const& function() const noexcept;
  /// Counts from 1.
  [[nodiscard]] int attempt() const noexcept;
  /// The name of the worker.
  [[nodiscard]] std::string const& worker() const noexcept;
  /// What it holds of a resource: how much, and which units. Throws error where it was submitted without.
  [[nodiscard]] resource_share const& resource(std::string_view name) const;
  /// Where this worker has the file that was uploaded under this name (client::upload_file). Throws error where none
  /// was.
  [[nodiscard]] std::string file(std::string const& name) const;
  /// See worker_context.
  [[nodiscard]] std::string local_directory() const;
  template <class T>
  [[nodiscard]] std::shared_ptr<T> plugin() const {
    return std::static_pointer_cast<T>(find_plugin(typeid(T)));
  }

 private:
  [[nodiscard]] std::shared_ptr<void> find_plugin(std::type_info const& type) const;
  friend detail::execution& detail::execution_of(task_context& context) noexcept;
  [[nodiscard]] detail::execution& self() const noexcept;

  detail::execution& self_;
};

/// What a function sees of the worker it runs on: take a `worker_context&` first.
class worker_context {
 public:
  explicit worker_context(detail::worker_services const& self) noexcept : self_(self) {}
  worker_context(worker_context const&) = delete;
  worker_context& operator=(worker_context const&) = delete;

  [[nodiscard]] std::string const& name() const noexcept;
  [[nodiscard]] std::uint32_t threads() const noexcept;
  /// See task_context.
  [[nodiscard]] std::string file(std::string const& name) const;
  /// A folder for files of this worker's tasks, removed when it leaves: inside of `--local-directory`, or of the
  /// system's temporary folder. Workers that are threads of one process share it. Throws error where it cannot be made.
  [[nodiscard]] std::string local_directory() const;
  /// The plugin of this type that the worker has (client::register_plugin); it stays as long as somebody has it. Throws
  /// error where there is none.
  template <class T>
  [[nodiscard]] std::shared_ptr<T> plugin() const {
    return std::static_pointer_cast<T>(find_plugin(typeid(T)));
  }

 private:
  friend task_context;
  friend detail::worker_services const& detail::services_of(worker_context const& context) noexcept;
  [[nodiscard]] std::shared_ptr<void> find_plugin(std::type_info const& type) const;

  detail::worker_services const& self_;
};

}  // namespace troupe
