#pragma once

#include <filesystem>

namespace troupe::detail {

/// A folder of one worker alone, made inside another one and removed with this object. Making one also removes those
/// that workers left behind who were killed. Throws error where it cannot be made, and says why.
class scratch_directory {
 public:
  /// "" for the system's temporary folder; a `parent` that is not there is made.
  explicit scratch_directory(std::filesystem::path const& parent);
  ~scratch_directory();
  scratch_directory(scratch_directory const&) = delete;
  scratch_directory& operator=(scratch_directory const&) = delete;

  [[nodiscard]] std::filesystem::path const& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
  /// Locked as long as the worker lives, whatever ends it.
  int lock_ = -1;
};

}  // namespace troupe::detail
