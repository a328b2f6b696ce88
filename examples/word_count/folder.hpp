#pragma once

#include <cstdint>
#include <string>
#include <vector>

struct text_file {
  std::string path;
  std::uint64_t size = 0;
};

struct folder_listing {
  std::vector<text_file> files;  ///< by path
  std::uint64_t bytes = 0;
  /// Left out: a link's target would be counted twice, a pipe or a device may never end.
  std::size_t symbolic_links = 0;
  std::size_t special_files = 0;
  /// What could not be looked at, and why, a line each.
  std::vector<std::string> complaints;
};

/// The regular files in a folder and its sub-folders. Throws std::runtime_error when `path` is no folder or cannot be
/// read.
[[nodiscard]] folder_listing list_folder(std::string const& path);
