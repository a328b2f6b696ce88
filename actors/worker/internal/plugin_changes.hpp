#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

namespace troupe::detail {

/// Numbers the changes of plugins by name in the order in which they come, so that one which takes long and is
/// overtaken is not made. Any thread.
class plugin_changes {
 public:
  [[nodiscard]] std::uint64_t begin(std::string const& name) {
    std::scoped_lock lock(mutex_);
    return ++last_[name];
  }
  /// No other change of this name has begun since.
  [[nodiscard]] bool is_last(std::string const& name, std::uint64_t change) const {
    std::scoped_lock lock(mutex_);
    auto known = last_.find(name);
    return known != last_.end() && known->second == change;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::uint64_t> last_;
};

}  // namespace troupe::detail
