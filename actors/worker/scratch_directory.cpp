#include <troupe/actors/worker/internal/scratch_directory.hpp>
#include <troupe/futures/errors.hpp>

#include <fmt/format.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

namespace troupe::detail {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "troupe-worker-";
constexpr char const* lock_name = "lock";

[[noreturn]] void refuse(fs::path const& parent, std::error_code const& reason) {
  throw error(fmt::format("the local directory {} cannot be used: {}", parent.string(), reason.message()));
}

/// -1 where it is not there or cannot be locked, which somebody else may have done.
int lock_in(fs::path const& folder, int flags) {
  int file = ::open((folder / lock_name).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | flags, S_IRUSR | S_IWUSR);
  if (file < 0 || ::flock(file, LOCK_EX | LOCK_NB) == 0) return file;
  ::close(file);
  return -1;
}

bool is_mine(fs::path const& folder) {
  struct stat found{};
  return ::lstat(folder.c_str(), &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == ::geteuid();
}

void remove_left_behind(fs::path const& parent) {
  std::error_code problem;
  for (fs::directory_iterator at(parent, problem), end; !problem && at != end; at.increment(problem)) {
    if (!at->path().filename().string().starts_with(prefix) || !is_mine(at->path())) continue;
    int locked = lock_in(at->path(), 0);
    if (locked < 0) continue;
    // What cannot be removed is in nobody's way.
    std::error_code kept;
    fs::remove_all(at->path(), kept);
    ::close(locked);
  }
}

}  // namespace

scratch_directory::scratch_directory(fs::path const& parent) {
  std::error_code problem;
  auto in = parent.empty() ? fs::temp_directory_path(problem) : fs::absolute(parent, problem);
  if (!problem) fs::create_directories(in, problem);
  if (problem) refuse(in, problem);
  remove_left_behind(in);
  do {
    auto made = (in / (std::string(prefix) + "XXXXXX")).string();
    if (!::mkdtemp(made.data())) refuse(in, {errno, std::generic_category()});
    path_ = made;
    // Another worker that looks for what was left behind may be faster; then it is gone.
    lock_ = lock_in(path_, O_CREAT);
    if (lock_ < 0 && errno != EWOULDBLOCK && errno != ENOENT) refuse(in, {errno, std::generic_category()});
  } while (lock_ < 0);
}

scratch_directory::~scratch_directory() {
  // Somebody may have removed it, or made parts of it unremovable: the next worker here tries again.
  std::error_code kept;
  fs::remove_all(path_, kept);
  ::close(lock_);
}

}  // namespace troupe::detail
