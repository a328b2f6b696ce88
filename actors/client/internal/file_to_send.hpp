#pragma once

#include <troupe/actors/scheduler/internal/upload.hpp>

#include <cstdint>
#include <string>

namespace troupe::detail {

/// A file that is to be uploaded, open for as long as that takes. One thread at a time; blocks for the disk.
class file_to_send {
 public:
  /// Reads it once, for its digest. `name`: "" for the file's own. Throws error that names the file: it is not there,
  /// is no regular file, cannot be read, or has a name under which nothing can be kept.
  file_to_send(std::string path, std::string name, upload_kind kind);
  ~file_to_send();
  file_to_send(file_to_send const&) = delete;
  file_to_send& operator=(file_to_send const&) = delete;

  [[nodiscard]] upload_info const& what() const noexcept { return what_; }
  /// As much as goes into one message. Throws error where the file has become shorter.
  [[nodiscard]] shared_bytes piece(std::uint64_t offset) const;

 private:
  [[nodiscard]] std::size_t read(std::uint64_t offset, std::span<std::byte> into) const;

  std::string const path_;
  upload_info what_;
  int file_ = -1;
};

}  // namespace troupe::detail
