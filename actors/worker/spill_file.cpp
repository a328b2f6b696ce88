#include <troupe/actors/worker/internal/spill_file.hpp>
#include <troupe/futures/errors.hpp>
#include <troupe/net/link/compression.hpp>

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

/// A file is the number of buffers, and for each its size and its blocks; a block is how it is compressed, its size in
/// the file, and its bytes. Numbers as this machine has them.

namespace troupe::detail {
namespace {

constexpr std::size_t block = std::size_t{1} << 20;

class disk_file {
 public:
  disk_file(std::filesystem::path const& path, int flags)
      : path_(path), file_(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR)) {
    if (file_ < 0) fail("opened");
  }
  disk_file(disk_file const&) = delete;
  disk_file& operator=(disk_file const&) = delete;
  ~disk_file() { ::close(file_); }

  void write(std::span<std::byte const> bytes) {
    while (!bytes.empty()) {
      auto written = ::write(file_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("written");
      bytes = bytes.subspan(static_cast<std::size_t>(written));
      size_ += static_cast<std::uint64_t>(written);
    }
  }
  void read(std::span<std::byte> bytes) {
    while (!bytes.empty()) {
      auto got = ::read(file_, bytes.data(), bytes.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail("read");
      if (got == 0) throw error(fmt::format("the spilled value {} has been cut short", path_.string()));
      bytes = bytes.subspan(static_cast<std::size_t>(got));
    }
  }
  template <class Number>
  void put(Number number) {
    write(std::as_bytes(std::span(&number, 1)));
  }
  template <class Number>
  [[nodiscard]] Number take() {
    Number number{};
    read(std::as_writable_bytes(std::span(&number, 1)));
    return number;
  }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

 private:
  [[noreturn]] void fail(char const* what) const {
    throw error(fmt::format("a value that is to be spilled cannot be {} at {}: {}", what, path_.string(),
                            std::generic_category().message(errno)));
  }

  std::filesystem::path const& path_;
  int file_;
  std::uint64_t size_ = 0;
};

void write_buffer(disk_file& to, std::span<std::byte const> bytes, std::vector<std::byte>& scratch) {
  to.put<std::uint64_t>(bytes.size());
  while (!bytes.empty()) {
    auto part = bytes.first(std::min(bytes.size(), block));
    bytes = bytes.subspan(part.size());
    // Less is not worth the time to read it.
    auto stored = compress(block_codec::lz4, part, std::span(scratch).first(part.size() - part.size() / 8));
    auto data = stored > 0 ? std::span<std::byte const>(scratch).first(stored) : part;
    to.put<std::uint8_t>(static_cast<std::uint8_t>(stored > 0 ? block_codec::lz4 : block_codec::none));
    to.put<std::uint32_t>(static_cast<std::uint32_t>(data.size()));
    to.write(data);
  }
}

buffer read_buffer(disk_file& from, std::vector<std::byte>& scratch) {
  buffer result(from.take<std::uint64_t>());
  auto left = result.writable();
  while (!left.empty()) {
    auto part = left.first(std::min(left.size(), block));
    left = left.subspan(part.size());
    auto codec = static_cast<block_codec>(from.take<std::uint8_t>());
    std::size_t stored = from.take<std::uint32_t>();
    if (stored > part.size()) throw error("a spilled value is damaged");
    if (codec == block_codec::none && stored == part.size()) {
      from.read(part);
      continue;
    }
    auto data = std::span(scratch).first(stored);
    from.read(data);
    if (!decompress(codec, data, part)) throw error("a spilled value is damaged");
  }
  return result;
}

}  // namespace

spill_file::spill_file(std::filesystem::path path, packet const& value) : path_(std::move(path)) {
  std::error_code problem;
  std::filesystem::create_directories(path_.parent_path(), problem);
  if (problem)
    throw error(fmt::format("values cannot be spilled to {}: {}", path_.parent_path().string(), problem.message()));
  disk_file to(path_, O_WRONLY | O_CREAT | O_EXCL);
  try {
    std::vector<std::byte> scratch(block);
    to.put<std::uint32_t>(static_cast<std::uint32_t>(1 + value.attachments.size()));
    write_buffer(to, value.head.bytes(), scratch);
    for (auto const& attachment : value.attachments) write_buffer(to, attachment.bytes(), scratch);
    size_ = to.size();
  } catch (...) {
    ::unlink(path_.c_str());
    throw;
  }
}

spill_file::~spill_file() { ::unlink(path_.c_str()); }

packet spill_file::read() const {
  disk_file from(path_, O_RDONLY);
  std::vector<std::byte> scratch(block);
  packet value;
  auto count = from.take<std::uint32_t>();
  value.head = read_buffer(from, scratch);
  for (std::uint32_t i = 1; i < count; ++i) value.attachments.push_back(read_buffer(from, scratch));
  return value;
}

}  // namespace troupe::detail
