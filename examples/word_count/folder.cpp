#include "folder.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace fs = std::filesystem;

namespace {

void look_at(fs::directory_entry const& entry, folder_listing& listing, std::vector<fs::path>& folders) {
  std::error_code problem;
  auto status = entry.symlink_status(problem);
  if (problem) {
    listing.complaints.push_back(entry.path().string() + ": " + problem.message());
  } else if (fs::is_symlink(status)) {
    ++listing.symbolic_links;
  } else if (fs::is_directory(status)) {
    folders.push_back(entry.path());
  } else if (!fs::is_regular_file(status)) {
    ++listing.special_files;
  } else if (auto size = entry.file_size(problem); problem) {
    listing.complaints.push_back(entry.path().string() + ": " + problem.message());
  } else {
    listing.files.push_back({entry.path().string(), size});
    listing.bytes += size;
  }
}

}  // namespace

folder_listing list_folder(std::string const& path) {
  std::error_code problem;
  auto status = fs::status(path, problem);
  if (!fs::exists(status) || !fs::is_directory(status))
    throw std::runtime_error(path + ": " + (problem ? problem.message() : "not a folder"));

  folder_listing listing;
  std::vector<fs::path> folders{path};
  while (!folders.empty()) {
    auto folder = folders.back();
    folders.pop_back();
    fs::directory_iterator entries(folder, problem);
    while (!problem && entries != fs::directory_iterator()) {
      look_at(*entries, listing, folders);
      entries.increment(problem);
    }
    if (!problem) continue;
    auto complaint = folder.string() + ": " + problem.message();
    if (folder == path) throw std::runtime_error(complaint);
    listing.complaints.push_back(complaint);
  }
  std::ranges::sort(listing.files, {}, &text_file::path);
  std::ranges::sort(listing.complaints);
  return listing;
}
