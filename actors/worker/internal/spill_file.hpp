#pragma once

#include <troupe/net/packet.hpp>

#include <cstdint>
#include <filesystem>

namespace troupe::detail {

/// A value as a file, compressed where that gains something: written once, read as often as it is needed, removed when
/// this goes. Reading is for any thread; both block for the disk.
class spill_file {
 public:
  /// Throws error that names the path and the reason; nothing is left of it then.
  spill_file(std::filesystem::path path, packet const& value);
  spill_file(spill_file const&) = delete;
  spill_file& operator=(spill_file const&) = delete;
  ~spill_file();

  /// In memory of its own. Throws error.
  [[nodiscard]] packet read() const;
  /// Bytes on the disk.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

 private:
  std::filesystem::path path_;
  std::uint64_t size_ = 0;
};

}  // namespace troupe::detail
