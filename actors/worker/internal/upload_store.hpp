#pragma once

#include <troupe/actors/scheduler/internal/upload.hpp>
#include <troupe/actors/worker/internal/content_digest.hpp>
#include <troupe/actors/worker/internal/scratch_directory.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace troupe::detail {

/// What was uploaded to a worker, or to the workers of one process: in a folder of their own, each content once, and
/// under it names. Libraries are loaded into the process, each content once, however many stores there are. Any thread;
/// blocks for the disk and the dynamic linker.
class upload_store {
 public:
  /// `parent`: see scratch_directory, which is made when it is first needed.
  explicit upload_store(std::filesystem::path parent) : parent_(std::move(parent)) {}

  /// The same piece may come again, from several schedulers, too. Throws error: the content cannot be stored, is not
  /// what its digest says, or is no library that can be loaded here. Nothing is left of it then.
  [[nodiscard]] upload_state take(give_upload const& given);

  /// Where the file of this name lies. Throws error where there is none.
  [[nodiscard]] std::filesystem::path file(std::string const& name) const;
  /// Throws error where it cannot be made.
  [[nodiscard]] std::filesystem::path directory();

 private:
  /// A content of which a part is there.
  struct incoming {
    explicit incoming(std::filesystem::path const& path, std::uint64_t size);
    incoming(incoming const&) = delete;
    incoming& operator=(incoming const&) = delete;
    ~incoming();
    void append(std::span<std::byte const> bytes);

    std::filesystem::path const path;
    int file = -1;
    std::uint64_t written = 0;
    content_digest digest;
  };

  void append(give_upload const& given);
  [[nodiscard]] bool has(upload_info const& what);
  void name_file(upload_info const& what);
  [[nodiscard]] upload_state load(upload_info const& what);
  [[nodiscard]] std::filesystem::path content(std::string const& digest) { return directory() / "content" / digest; }

  std::filesystem::path const parent_;
  std::mutex directory_mutex_;  // guards directory_
  std::optional<scratch_directory> directory_;
  std::mutex content_mutex_;                  // guards what is below
  std::map<std::string, incoming> incoming_;  // by digest
  std::set<std::string> complete_;
  mutable std::mutex names_mutex_;  // guards files_; never waits for the disk
  std::map<std::string, std::filesystem::path> files_;
};

}  // namespace troupe::detail
