#include <troupe/actors/functions/value.hpp>
#include <troupe/actors/worker/internal/spill_file.hpp>
#include <troupe/futures/errors.hpp>
#include <troupe/net/link/compression.hpp>

#include <boost/container_hash/hash.hpp>
#include <fmt/format.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

/// A file is the blocks of the buffers, one behind the other; a block is how it is compressed, its size in the file, a
/// checksum of its bytes there, and these. Numbers as this machine has them.

namespace troupe::detail {
namespace {

constexpr std::size_t block = std::size_t{1} << 20;

std::string reason_of(int problem) { return std::generic_category().message(problem); }

/// What a process has too little of for a while: the file may be read later.
bool may_pass(int problem) { return problem == EMFILE || problem == ENFILE || problem == ENOMEM; }

class disk_file {
 public:
  disk_file(disk_file const&) = delete;
  disk_file& operator=(disk_file const&) = delete;

 protected:
  disk_file(std::filesystem::path const& path, int flags)
      : path_(path), file_(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR)) {}
  ~disk_file() {
    if (file_ >= 0) ::close(file_);
  }

  std::filesystem::path const& path_;
  int const file_;
};

class new_file final : disk_file {
 public:
  explicit new_file(std::filesystem::path const& path) : disk_file(path, O_WRONLY | O_CREAT | O_EXCL) {
    if (file_ < 0) fail("opened");
  }
  void write(std::span<std::byte const> bytes) {
    while (!bytes.empty()) {
      auto written = ::write(file_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("written");
      bytes = bytes.subspan(static_cast<std::size_t>(written));
      size_ += static_cast<std::uint64_t>(written);
    }
  }
  template <class Number>
  void put(Number number) {
    write(std::as_bytes(std::span(&number, 1)));
  }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

 private:
  [[noreturn]] void fail(char const* what) const {
    auto reason = reason_of(errno);
    throw error(fmt::format("a value that is to be spilled cannot be {} at {}: {}", what, path_.string(), reason));
  }

  std::uint64_t size_ = 0;
};

class old_file final : disk_file {
 public:
  explicit old_file(std::filesystem::path const& path) : disk_file(path, O_RDONLY) {
    if (file_ < 0) fail(errno);
  }
  void read(std::span<std::byte> bytes) {
    while (!bytes.empty()) {
      auto got = ::read(file_, bytes.data(), bytes.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail(errno);
      if (got == 0) lost("it has been cut short");
      bytes = bytes.subspan(static_cast<std::size_t>(got));
    }
  }
  template <class Number>
  [[nodiscard]] Number take() {
    Number number{};
    read(std::as_writable_bytes(std::span(&number, 1)));
    return number;
  }
  [[noreturn]] void damaged() const { lost("it is damaged"); }

 private:
  [[noreturn]] void fail(int problem) const {
    if (!may_pass(problem)) lost(reason_of(problem));
    throw error(fmt::format("the spilled value {} cannot be read now: {}", path_.string(), reason_of(problem)));
  }
  [[noreturn]] void lost(std::string const& why) const {
    throw value_lost(fmt::format("the spilled value {} is lost: {}", path_.string(), why));
  }
};

std::uint64_t checksum(std::span<std::byte const> bytes) {
  std::size_t sum = bytes.size();
  for (; !bytes.empty();) {
    std::uint64_t word = 0;
    auto part = bytes.first(std::min(bytes.size(), sizeof word));
    std::memcpy(&word, part.data(), part.size());
    boost::hash_combine(sum, word);
    bytes = bytes.subspan(part.size());
  }
  return sum;
}

void write_buffer(new_file& to, std::span<std::byte const> bytes, std::vector<std::byte>& scratch) {
  while (!bytes.empty()) {
    auto part = bytes.first(std::min(bytes.size(), block));
    bytes = bytes.subspan(part.size());
    // Less is not worth the time to read it.
    auto stored = compress(block_codec::lz4, part, std::span(scratch).first(part.size() - part.size() / 8));
    auto data = stored > 0 ? std::span<std::byte const>(scratch).first(stored) : part;
    to.put<std::uint8_t>(static_cast<std::uint8_t>(stored > 0 ? block_codec::lz4 : block_codec::none));
    to.put<std::uint32_t>(static_cast<std::uint32_t>(data.size()));
    to.put<std::uint64_t>(checksum(data));
    to.write(data);
  }
}

buffer read_buffer(old_file& from, std::uint64_t size, std::vector<std::byte>& scratch) {
  buffer result(size);
  auto left = result.writable();
  while (!left.empty()) {
    auto part = left.first(std::min(left.size(), block));
    left = left.subspan(part.size());
    auto codec = static_cast<block_codec>(from.take<std::uint8_t>());
    std::size_t stored = from.take<std::uint32_t>();
    auto sum = from.take<std::uint64_t>();
    if (stored > part.size()) from.damaged();
    bool as_it_is = codec == block_codec::none && stored == part.size();
    auto data = as_it_is ? part : std::span(scratch).first(stored);
    from.read(data);
    if (checksum(data) != sum) from.damaged();
    if (!as_it_is && !decompress(codec, data, part)) from.damaged();
  }
  return result;
}

}  // namespace

spill_file::spill_file(std::filesystem::path path, packet const& value, told_of_loss lost)
    : path_(std::move(path)), told_(std::move(lost)) {
  std::error_code problem;
  std::filesystem::create_directories(path_.parent_path(), problem);
  if (problem)
    throw error(fmt::format("values cannot be spilled to {}: {}", path_.parent_path().string(), problem.message()));
  new_file to(path_);
  try {
    std::vector<std::byte> scratch(block);
    auto put = [&](std::span<std::byte const> bytes) {
      buffers_.push_back(bytes.size());
      write_buffer(to, bytes, scratch);
    };
    put(value.head.bytes());
    for (auto const& attachment : value.attachments) put(attachment.bytes());
    size_ = to.size();
  } catch (...) {
    ::unlink(path_.c_str());
    throw;
  }
}

spill_file::~spill_file() { ::unlink(path_.c_str()); }

packet spill_file::read() const {
  if (lost()) throw value_lost(fmt::format("the spilled value {} is lost", path_.string()));
  try {
    return read_parts();
  } catch (value_lost const& problem) {
    if (!lost_.exchange(true, std::memory_order_acq_rel) && told_) told_(problem.what());
    throw;
  }
}

packet spill_file::read_parts() const {
  old_file from(path_);
  std::vector<std::byte> scratch(block);
  packet value;
  value.head = read_buffer(from, buffers_.front(), scratch);
  for (std::size_t i = 1; i < buffers_.size(); ++i)
    value.attachments.push_back(read_buffer(from, buffers_[i], scratch));
  return value;
}

}  // namespace troupe::detail
