#include <troupe/net/link/internal/block_writer.hpp>

#include <algorithm>
#include <cstring>

namespace troupe::detail {

block_writer::cursor::cursor(std::span<iovec const> pieces) noexcept : pieces_(pieces) {
  for (auto const& p : pieces) rest_ += p.iov_len;
}

void block_writer::cursor::skip(std::size_t bytes) noexcept {
  rest_ -= bytes;
  passed_ += bytes;
  offset_ += bytes;
  while (!pieces_.empty() && offset_ >= pieces_.front().iov_len) {
    offset_ -= pieces_.front().iov_len;
    pieces_ = pieces_.subspan(1);
  }
}

std::span<std::byte const> block_writer::cursor::run(std::size_t bytes, std::vector<std::byte>& scratch) const {
  auto const& first = pieces_.front();
  auto const* begin = static_cast<std::byte const*>(first.iov_base) + offset_;
  if (first.iov_len - offset_ >= bytes) return {begin, bytes};
  scratch.clear();
  auto skipped = offset_;
  for (auto const& p : pieces_) {
    auto const* from = static_cast<std::byte const*>(p.iov_base) + skipped;
    scratch.insert(scratch.end(), from, from + std::min(p.iov_len - skipped, bytes - scratch.size()));
    skipped = 0;
    if (scratch.size() == bytes) break;
  }
  return scratch;
}

std::size_t block_writer::cursor::list(std::size_t bytes, std::span<iovec> to) const noexcept {
  std::size_t count = 0;
  auto skipped = offset_;
  for (auto const& p : pieces_) {
    if (bytes == 0 || count == to.size()) break;
    auto part = std::min(p.iov_len - skipped, bytes);
    if (part > 0) to[count++] = {static_cast<std::byte*>(p.iov_base) + skipped, part};
    bytes -= part;
    skipped = 0;
  }
  return count;
}

std::size_t block_writer::write(stream& to, std::span<iovec const> pieces, time_point now) {
  cursor at(pieces);
  std::array<iovec, 65> list;
  while (true) {
    if (packed_.empty() && plain_ == 0) {
      if (at.rest() == 0) break;
      begin_block(at);
    }
    std::size_t count = 0, offered = 0;
    if (!packed_.empty()) list[count++] = {packed_.data() + packed_out_, packed_.size() - packed_out_};
    count += at.list(plain_, std::span(list).subspan(count));
    for (std::size_t i = 0; i < count; ++i) offered += list[i].iov_len;
    if (offered == 0) break;
    auto taken = to.write({list.data(), count});
    choice_.sent(taken, taken < offered, now);
    went_out(taken, at);
    if (taken < offered) break;
  }
  return at.passed();
}

void block_writer::begin_block(cursor const& at) {
  block_header header;
  auto size = std::min(at.rest(), largest_block);
  auto codec = choice_.next(size);
  if (codec != block_codec::none) {
    auto bytes = at.run(size, scratch_);
    auto const begun = clock::now();
    auto stored = pack(codec, bytes);
    choice_.compressed(codec, size, stored, clock::now() - begun);
    if (stored > 0) {
      header = {std::uint32_t(codec), std::uint32_t(stored), std::uint32_t(size)};
      packed_.resize(sizeof header + stored);
      stands_for_ = size;
    }
  }
  if (stands_for_ == 0) {
    size = std::min(at.rest(), longest_plain);
    choice_.passed(size);
    header = {std::uint32_t(block_codec::none), std::uint32_t(size), std::uint32_t(size)};
    packed_.resize(sizeof header);
    plain_ = size;
  }
  std::memcpy(packed_.data(), &header, sizeof header);
  packed_out_ = 0;
}

std::size_t block_writer::pack(block_codec codec, std::span<std::byte const> bytes) {
  auto worth = [](std::size_t size) { return size / 10 * 9; };
  packed_.resize(sizeof(block_header) + worth(bytes.size()));
  auto to = std::span(packed_).subspan(sizeof(block_header));
  // Much of what does not shrink is seen by its beginning.
  if (bytes.size() > 4 * sample_size && compress(codec, bytes.first(sample_size), to.first(worth(sample_size))) == 0)
    return 0;
  return compress(codec, bytes, to);
}

void block_writer::went_out(std::size_t bytes, cursor& at) {
  auto packed = std::min(bytes, packed_.size() - packed_out_);
  packed_out_ += packed;
  bytes -= packed;
  if (packed_out_ < packed_.size()) return;
  packed_.clear();
  packed_out_ = 0;
  at.skip(std::exchange(stands_for_, 0) + bytes);
  plain_ -= bytes;
}

}  // namespace troupe::detail
