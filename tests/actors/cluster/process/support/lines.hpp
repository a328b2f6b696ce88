#pragma once

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::test {

/// Collects the lines that a child writes.
class lines {
 public:
  [[nodiscard]] std::function<void(std::string_view)> collector() {
    return [this](std::string_view line) {
      std::scoped_lock lock(mutex_);
      all_.emplace_back(line);
      changed_.notify_all();
    };
  }
  /// Blocks until there are that many.
  std::vector<std::string> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return all_.size() >= count; });
    return all_;
  }
  [[nodiscard]] std::vector<std::string> all() const {
    std::scoped_lock lock(mutex_);
    return all_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> all_;
};

/// In one of its lines, so far.
[[nodiscard]] inline bool says(lines const& said, std::string_view text) {
  auto all = said.all();
  return std::any_of(all.begin(), all.end(), [&](std::string const& line) { return line.find(text) != line.npos; });
}

}  // namespace troupe::test
