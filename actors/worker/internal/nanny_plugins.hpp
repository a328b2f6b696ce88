#pragma once

#include <troupe/actors/scheduler/internal/messages.hpp>
#include <troupe/actors/worker/nanny_plugin.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace troupe::detail {

/// The plugins of one nanny, one of each name and type, and the count of its workers' starts. Any thread that may
/// block: the plugins' own code runs on the calling one, one call at a time.
class nanny_plugins {
 public:
  /// Tears down the one of its type, and of its name, if there is one, then sets this one up. Throws error for what its
  /// setup throws, and is without either then.
  plugin_taken put(std::string name, std::shared_ptr<nanny_plugin> plugin);
  /// Nothing where there is none.
  void remove(std::string const& name);
  /// The next start, of this worker. Throws error, which names the plugin that does not let it.
  [[nodiscard]] worker_start begin_start(std::string worker);
  /// Tears all down, the last first. None comes after that.
  void close();

 private:
  struct named_plugin {
    std::string name;
    std::shared_ptr<nanny_plugin> plugin;
  };
  /// Tears down those of which this is true, the last first.
  void end(std::function<bool(named_plugin const&)> const& which);

  std::mutex mutex_;                   // guards what follows, and is held while a plugin's code runs
  std::vector<named_plugin> plugins_;  // in the order in which they came
  std::uint64_t starts_ = 0;
  bool closed_ = false;
};

}  // namespace troupe::detail
