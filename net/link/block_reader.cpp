#include <troupe/net/link/internal/block_reader.hpp>
#include <troupe/net/link/internal/frame.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

namespace troupe::detail {
namespace {

/// Copies to byte `offset` of `to` and on; how much.
std::size_t scatter(std::span<std::byte const> from, std::span<iovec const> to, std::size_t offset) {
  std::size_t done = 0;
  for (auto const& piece : to) {
    if (offset >= piece.iov_len) {
      offset -= piece.iov_len;
      continue;
    }
    auto part = std::min(piece.iov_len - offset, from.size() - done);
    std::memcpy(static_cast<std::byte*>(piece.iov_base) + offset, from.data() + done, part);
    done += part;
    offset = 0;
    if (done == from.size()) break;
  }
  return done;
}

}  // namespace

block_reader::block_reader(std::uint64_t codecs, std::span<std::byte const> begun)
    : codecs_(codecs), capacity_(std::max(begun.size(), window)) {
  in_ = std::make_unique_for_overwrite<std::byte[]>(capacity_);
  std::ranges::copy(begun, in_.get());
  end_ = begun.size();
}

void block_reader::give_up() noexcept {
  plain_ = std::numeric_limits<std::uint64_t>::max();
  packed_ = {};
  begin_ = end_ = 0;
}

std::span<iovec const> block_reader::space(std::span<iovec const> wanted) {
  std::size_t count = 0;
  direct_ = 0;
  for (auto const& piece : wanted) {
    if (count == most_pieces || direct_ == plain_) break;
    auto part = std::size_t(std::min<std::uint64_t>(piece.iov_len, plain_ - direct_));
    pieces_[count++] = {piece.iov_base, part};
    direct_ += part;
  }
  // Behind what is left of the block comes a header.
  if (direct_ < plain_) return {pieces_.data(), count};
  std::copy_n(in_.get() + begin_, end_ - begin_, in_.get());
  end_ -= begin_;
  begin_ = 0;
  // A compressed block is at most so large, whatever a header says: begin_block has looked.
  auto needed = std::size_t{packed_.stored} + window;
  if (needed > capacity_) {
    auto larger = std::make_unique_for_overwrite<std::byte[]>(needed);
    std::copy_n(in_.get(), end_, larger.get());
    in_ = std::move(larger);
    capacity_ = needed;
  }
  pieces_[count++] = {in_.get() + end_, needed - end_};
  return {pieces_.data(), count};
}

std::size_t block_reader::filled(std::size_t bytes) {
  auto direct = std::min(bytes, direct_);
  plain_ -= direct;
  end_ += bytes - direct;
  direct_ = 0;
  return direct;
}

std::size_t block_reader::take(std::span<iovec const> wanted, std::size_t offset) {
  std::size_t room = 0, given = 0;
  for (auto const& piece : wanted) room += piece.iov_len;
  room -= offset;
  while (given < room) {
    if (unpacked_begin_ < unpacked_.size()) {
      auto part = scatter(std::span(unpacked_).subspan(unpacked_begin_), wanted, offset + given);
      unpacked_begin_ += part;
      given += part;
    } else if (plain_ > 0 && begin_ < end_) {
      auto here = std::size_t(std::min<std::uint64_t>(plain_, end_ - begin_));
      auto part = scatter({in_.get() + begin_, here}, wanted, offset + given);
      begin_ += part;
      plain_ -= part;
      given += part;
    } else if (plain_ > 0 || given > 0 || !advance()) {
      // What came before a malformed block is given out before that is noticed.
      break;
    }
  }
  return given;
}

bool block_reader::advance() {
  if (packed_.stored == 0) {
    if (end_ - begin_ < sizeof(block_header)) return false;
    auto header = load<block_header>(in_.get() + begin_);
    begin_ += sizeof header;
    begin_block(header);
    if (packed_.stored == 0) return true;
  }
  if (end_ - begin_ < packed_.stored) return false;
  unpacked_.resize(packed_.size);
  unpacked_begin_ = 0;
  if (!decompress(block_codec(packed_.codec), {in_.get() + begin_, packed_.stored}, unpacked_))
    throw frame_error("a compressed block that cannot be unpacked");
  begin_ += packed_.stored;
  packed_ = {};
  return true;
}

void block_reader::begin_block(block_header const& header) {
  if (header.codec == std::uint32_t(block_codec::none)) {
    if (header.stored == 0 || header.stored != header.size) throw frame_error("a block of two sizes");
    plain_ = header.stored;
    return;
  }
  bool known = (header.codec == std::uint32_t(block_codec::lz4) && (codecs_ & lz4_feature) != 0) ||
               (header.codec == std::uint32_t(block_codec::zstd) && (codecs_ & zstd_feature) != 0);
  if (!known) throw frame_error("a block compressed in a way that was not agreed on: " + std::to_string(header.codec));
  if (header.size > largest_block)
    throw frame_error("a compressed block of " + std::to_string(header.size) + " bytes; at most " +
                      std::to_string(largest_block) + " are possible");
  if (header.stored == 0 || header.stored >= header.size)
    throw frame_error("a compressed block that is not smaller than what it stands for");
  packed_ = header;
}

}  // namespace troupe::detail
