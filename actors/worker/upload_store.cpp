#include <troupe/actors/functions/task_library.hpp>
#include <troupe/actors/worker/internal/upload_store.hpp>
#include <troupe/futures/errors.hpp>

#include <fmt/format.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <tuple>
#include <utility>

namespace troupe::detail {
namespace {

namespace fs = std::filesystem;
using library_functions = std::vector<std::pair<std::string, std::string>>;

[[noreturn]] void refuse(fs::path const& where, int reason) {
  throw error(fmt::format("{} cannot be written: {}", where.string(), std::generic_category().message(reason)));
}

/// Another name for a file, in place of what may have that name now. Beside the content is what nobody can name.
void give_name(fs::path const& content, fs::path const& name) {
  std::error_code problem;
  fs::create_directories(name.parent_path(), problem);
  auto fresh = content.parent_path() / ".new";
  fs::remove(fresh, problem);
  fs::create_hard_link(content, fresh, problem);
  if (problem) {
    problem.clear();
    fs::copy_file(content, fresh, problem);
  }
  if (!problem) fs::rename(fresh, name, problem);
  if (problem) throw error(fmt::format("{} cannot be written: {}", name.string(), problem.message()));
}

/// Of this process, by digest.
struct loaded_libraries {
  std::mutex mutex;
  std::map<std::string, library_functions> functions;
  static loaded_libraries& instance() {
    static auto* const known = new loaded_libraries;  // workers may end after the program's statics
    return *known;
  }
};

}  // namespace

upload_store::incoming::incoming(fs::path const& at, std::uint64_t size)
    : path(at), file(::open(at.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, S_IRUSR)) {
  if (file < 0) refuse(path, errno);
  // What has no room is refused before it is sent. Not every file system can tell.
  if (size > 0 && ::fallocate(file, 0, 0, off_t(size)) != 0 && (errno == ENOSPC || errno == EFBIG || errno == EDQUOT)) {
    int reason = errno;
    ::close(file);
    ::unlink(path.c_str());
    refuse(path, reason);
  }
}

upload_store::incoming::~incoming() {
  ::close(file);
  // Where it was completed it has another name.
  ::unlink(path.c_str());
}

void upload_store::incoming::append(std::span<std::byte const> bytes) {
  digest.add(bytes);
  while (!bytes.empty()) {
    auto done = ::pwrite(file, bytes.data(), bytes.size(), off_t(written));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) refuse(path, errno);
    written += std::uint64_t(done);
    bytes = bytes.subspan(std::size_t(done));
  }
}

fs::path upload_store::directory() {
  std::scoped_lock lock(directory_mutex_);
  if (!directory_) directory_.emplace(parent_);
  return directory_->path();
}

upload_state upload_store::take(give_upload const& given) {
  check_upload(given.what);
  std::scoped_lock lock(content_mutex_);
  if (!given.piece.bytes.empty()) {
    append(given);
    return {};
  }
  if (given.what.kind == upload_kind::library) return load(given.what);
  if (!has(given.what)) return {true, {}};
  name_file(given.what);
  return {};
}

bool upload_store::has(upload_info const& what) {
  if (what.size == 0 && !complete_.contains(what.digest)) append({what, 0, {}});
  return complete_.contains(what.digest);
}

void upload_store::append(give_upload const& given) {
  auto const& [what, offset, piece] = given;
  if (complete_.contains(what.digest)) return;
  auto at = incoming_.find(what.digest);
  try {
    if (at == incoming_.end()) {
      auto path = content(what.digest);
      std::error_code problem;
      fs::create_directories(path.parent_path(), problem);
      if (problem) refuse(path.parent_path(), problem.value());
      at = incoming_
               .emplace(std::piecewise_construct, std::forward_as_tuple(what.digest),
                        std::forward_as_tuple(path += ".part", what.size))
               .first;
    }
    auto& part = at->second;
    if (offset > part.written) throw error(fmt::format("a piece of {} is missing", what.name));
    // Another scheduler, or another worker of this process, may have been faster.
    auto known = part.written - offset;
    if (known < piece.bytes.size()) part.append(piece.bytes.bytes().subspan(known));
    if (part.written < what.size) return;
    if (part.written > what.size || part.digest.finish() != what.digest)
      throw error(fmt::format("{} was changed while it was sent", what.name));
    std::error_code problem;
    fs::rename(part.path, content(what.digest), problem);
    if (problem) refuse(content(what.digest), problem.value());
    complete_.insert(what.digest);
    incoming_.erase(at);
  } catch (...) {
    if (at != incoming_.end()) incoming_.erase(at);
    throw;
  }
}

void upload_store::name_file(upload_info const& what) {
  auto path = directory() / "files" / what.name;
  give_name(content(what.digest), path);
  std::scoped_lock lock(names_mutex_);
  files_[what.name] = std::move(path);
}

upload_state upload_store::load(upload_info const& what) {
  auto& libraries = loaded_libraries::instance();
  std::scoped_lock lock(libraries.mutex);
  auto known = libraries.functions.find(what.digest);
  if (known != libraries.functions.end()) return {false, known->second};
  if (!has(what)) return {true, {}};
  auto path = directory() / "libraries" / what.digest / what.name;
  give_name(content(what.digest), path);
  try {
    library_functions functions;
    for (auto const* f : load_task_library(path).functions) functions.emplace_back(f->full_name, f->schema);
    libraries.functions.emplace(what.digest, functions);
    return {false, std::move(functions)};
  } catch (...) {
    complete_.erase(what.digest);
    std::error_code kept;
    fs::remove_all(path.parent_path(), kept);
    fs::remove(content(what.digest), kept);
    throw;
  }
}

fs::path upload_store::file(std::string const& name) const {
  std::scoped_lock lock(names_mutex_);
  auto found = files_.find(name);
  if (found != files_.end()) return found->second;
  std::string known;
  for (auto const& [other, path] : files_) known += (known.empty() ? "; there are " : ", ") + other;
  throw error(fmt::format("no file '{}' was uploaded{}", name, known));
}

}  // namespace troupe::detail
