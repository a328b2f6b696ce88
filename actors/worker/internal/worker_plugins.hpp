#pragma once

#include <troupe/actors/worker/internal/plugin_changes.hpp>
#include <troupe/actors/worker/task_context.hpp>
#include <troupe/actors/worker/worker_plugin.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <typeinfo>
#include <vector>

namespace troupe::detail {

/// A plugin as what it is called, as what it is known by, and as what it is.
struct made_plugin {
  std::string name = {};
  std::shared_ptr<worker_plugin> plugin;
  std::shared_ptr<void> object;
  std::type_info const* type = nullptr;
  /// Which it is of its name.
  std::uint64_t change = 0;
};

/// The plugins of one worker, one of each type. Any thread; the plugins' own code runs on the calling one.
class worker_plugins {
 public:
  /// A change of the plugin of this name comes; what is put as part of an earlier one is refused from now on.
  [[nodiscard]] std::uint64_t begin_change(std::string const& name) { return changes_.begin(name); }
  /// Tears down the one of its type, and of its name, if there is one, then sets this one up. Throws what its setup
  /// does, and is without either then. Throws error where another change of its name has begun, and then does nothing,
  /// or tears this one down again.
  void put(worker_context& worker, made_plugin made);
  /// Part of a change that has begun. Nothing where there is none.
  void remove(worker_context& worker, std::string const& name);
  /// Null where there is none.
  [[nodiscard]] std::shared_ptr<void> find(std::type_info const& type) const;
  /// Tears all down, the last first. None comes after that.
  void close(worker_context& worker);

 private:
  using condition = std::function<bool(made_plugin const&)>;
  /// Tears down those of which this is true, the last first.
  void end(worker_context& worker, condition const& which);
  /// With the mutex.
  [[nodiscard]] std::vector<made_plugin> take(condition const& which);

  plugin_changes changes_;
  mutable std::mutex mutex_;
  std::vector<made_plugin> plugins_;  // in the order in which they came
  bool closed_ = false;
};

}  // namespace troupe::detail
