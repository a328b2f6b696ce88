#include <troupe/actors/client/internal/file_to_send.hpp>
#include <troupe/actors/worker/internal/content_digest.hpp>
#include <troupe/futures/errors.hpp>

#include <fmt/format.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

namespace troupe::detail {
namespace {

[[noreturn]] void refuse(std::string const& path, std::string_view reason) {
  throw error(fmt::format("{} cannot be uploaded: {}", path, reason));
}
[[noreturn]] void refuse(std::string const& path, int reason) { refuse(path, std::generic_category().message(reason)); }

/// Closes what is opened when nobody takes it.
struct open_file {
  int number;
  ~open_file() {
    if (number >= 0) ::close(number);
  }
};

}  // namespace

file_to_send::file_to_send(std::string path, std::string name, upload_kind kind) : path_(std::move(path)) {
  // A pipe without a writer would block here for ever.
  open_file opened{::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (opened.number < 0) refuse(path_, errno);
  struct stat found{};
  if (::fstat(opened.number, &found) != 0) refuse(path_, errno);
  if (!S_ISREG(found.st_mode)) refuse(path_, "it is no regular file");
  file_ = opened.number;
  what_.name = name.empty() ? std::filesystem::path(path_).filename().string() : std::move(name);
  what_.size = std::uint64_t(found.st_size);
  what_.kind = kind;
  content_digest digest;
  buffer memory(upload_piece);
  for (std::uint64_t at = 0; at < what_.size;) {
    auto got = read(at, memory.writable().first(std::size_t(std::min<std::uint64_t>(upload_piece, what_.size - at))));
    digest.add(memory.bytes().first(got));
    at += got;
  }
  what_.digest = digest.finish();
  check_upload(what_);
  opened.number = -1;
}

file_to_send::~file_to_send() { ::close(file_); }

std::size_t file_to_send::read(std::uint64_t offset, std::span<std::byte> into) const {
  for (std::size_t done = 0; done < into.size();) {
    auto got = ::pread(file_, into.data() + done, into.size() - done, off_t(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse(path_, errno);
    if (got == 0) refuse(path_, "it became shorter while it was read");
    done += std::size_t(got);
  }
  return into.size();
}

shared_bytes file_to_send::piece(std::uint64_t offset) const {
  buffer memory(std::size_t(std::min<std::uint64_t>(upload_piece, what_.size - offset)));
  static_cast<void>(read(offset, memory.writable()));
  return {std::move(memory)};
}

}  // namespace troupe::detail
