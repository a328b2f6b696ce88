#include <troupe/net/link/internal/frame_reader.hpp>

#include <algorithm>
#include <string>

namespace troupe::detail {
namespace {

[[noreturn]] void too_large(std::uint64_t size, std::uint64_t limit) {
  throw frame_error("a message of at least " + std::to_string(size) + " bytes; the limit is " + std::to_string(limit));
}

[[noreturn]] void not_a_frame() { throw frame_error("bytes that are not a frame"); }

}  // namespace

void frame_reader::restart() noexcept {
  begin_ = end_ = consumed_ = 0;
  collecting_ = false;
  attachments_.clear();
}

std::vector<std::byte> frame_reader::take_rest() {
  drop_consumed();
  std::vector<std::byte> rest(chunk_.get() + begin_, chunk_.get() + end_);
  restart();
  return rest;
}

void frame_reader::check(frame_header const& header) const {
  if (header.magic != frame_header::magic_value) not_a_frame();
  if (header.flags != 0) throw frame_error("a frame with flags unknown here: " + std::to_string(header.flags));
  if (header.attachments > most_attachments)
    throw frame_error("a message with " + std::to_string(header.attachments) + " attachments");
  if (header.attachments > 0 && header.type >= first_control_type)
    throw frame_error("a frame of type " + std::to_string(header.type) + " with attachments");
  std::uint64_t size = std::uint64_t{header.attachments} * 8 + header.body;
  if (size > limit_) too_large(size, limit_);
}

std::uint64_t frame_reader::attachment_size(std::size_t i) const noexcept {
  return load<std::uint64_t>(&chunk_[begin_ + sizeof(frame_header) + i * 8]);
}

void frame_reader::check_attachments() const {
  std::uint64_t sum = std::uint64_t{header_.attachments} * 8 + header_.body;
  for (std::size_t i = 0; i < header_.attachments; ++i) {
    std::uint64_t size = attachment_size(i);
    if (size > limit_ - sum) too_large(sum + std::min(size, ~sum), limit_);
    sum += size;
  }
}

bool frame_reader::next(frame& out) {
  drop_consumed();
  if (!collecting_) {
    std::size_t const there = end_ - begin_;
    if (there < sizeof(frame_header)) {
      // What is no frame is often shorter than a header.
      if (there >= sizeof header_.magic && load<std::uint32_t>(&chunk_[begin_]) != frame_header::magic_value)
        not_a_frame();
      return false;
    }
    header_ = load<frame_header>(&chunk_[begin_]);
    check(header_);
    prefix_ = sizeof(frame_header) + std::size_t{header_.attachments} * 8 + header_.body;
    if (there < prefix_) return false;
    if (header_.attachments > 0) {
      check_attachments();
      collecting_ = true;
      current_ = current_filled_ = 0;
    }
  }
  consumed_ = prefix_;
  if (collecting_) {
    consumed_ = 0;
    if (!collect()) return false;
    collecting_ = false;
    if (std::ranges::any_of(attachments_, [](buffer const& b) { return b.size() >= direct_size; }))
      window_ = small_chunk;
  }
  out.header = header_;
  out.body = {&chunk_[begin_ + prefix_ - header_.body], header_.body};
  out.attachments = std::move(attachments_);
  attachments_.clear();
  return true;
}

bool frame_reader::collect() {
  std::size_t at = begin_ + prefix_;
  while (current_ < header_.attachments) {
    if (current_ == attachments_.size()) {
      std::uint64_t size = attachment_size(current_);
      if (size > 0 && at == end_) break;
      attachments_.emplace_back(size);
    }
    buffer& b = attachments_[current_];
    std::size_t taken = std::min(b.size() - current_filled_, end_ - at);
    std::copy_n(&chunk_[at], taken, b.writable().data() + current_filled_);
    at += taken;
    current_filled_ += taken;
    if (current_filled_ < b.size()) break;
    ++current_;
    current_filled_ = 0;
  }
  if (current_ < header_.attachments) {
    end_ = begin_ + prefix_;
    return false;
  }
  consumed_ = at - begin_;
  return true;
}

void frame_reader::drop_consumed() noexcept {
  begin_ += consumed_;
  consumed_ = 0;
  if (begin_ == end_) begin_ = end_ = 0;
}

bool frame_reader::direct_space(std::size_t& count) {
  std::size_t ahead = 0;
  for (std::size_t i = current_; i < header_.attachments; ++i) {
    if (attachment_size(i) < direct_size) return true;
    if (count == most_pieces || ahead >= read_ahead) return false;
    if (i == attachments_.size()) attachments_.emplace_back(attachment_size(i));
    std::size_t there = i == current_ ? current_filled_ : 0;
    auto rest = attachments_[i].writable().subspan(there);
    pieces_[count++] = {rest.data(), rest.size()};
    ahead += rest.size();
  }
  return true;
}

std::span<iovec const> frame_reader::space() {
  drop_consumed();
  if (std::exchange(window_was_full_, false) && !collecting_) window_ = std::min(window_ * 8, usual_chunk);
  std::size_t count = 0;
  bool more = !collecting_ || direct_space(count);
  direct_pieces_ = count;
  if (more) {
    make_room();
    pieces_[count++] = {&chunk_[end_], std::min(window_, capacity_ - end_)};
  }
  return {pieces_.data(), count};
}

void frame_reader::filled(std::size_t bytes) {
  for (std::size_t i = 0; i < direct_pieces_ && bytes > 0; ++i) {
    std::size_t taken = std::min(bytes, pieces_[i].iov_len);
    bytes -= taken;
    current_filled_ += taken;
    if (current_filled_ == attachments_[current_].size()) {
      ++current_;
      current_filled_ = 0;
    }
  }
  window_was_full_ = bytes == window_;
  end_ += bytes;
}

void frame_reader::make_room() {
  if (begin_ == end_ && capacity_ > largest_kept) {
    chunk_.reset();
    capacity_ = 0;
  }
  if (begin_ > 0) {
    std::copy_n(&chunk_[begin_], end_ - begin_, &chunk_[0]);
    end_ -= begin_;
    begin_ = 0;
  }
  if (capacity_ - end_ >= window_) return;
  if (capacity_ < usual_chunk) return move_to(std::max(window_, capacity_ * 2));
  // A body larger than the chunk: as much again as has come.
  if (end_ >= capacity_ / 4 * 3) move_to(capacity_ * 2);
}

void frame_reader::move_to(std::size_t capacity) {
  auto larger = std::make_unique_for_overwrite<std::byte[]>(capacity);
  std::copy_n(chunk_.get(), end_, larger.get());
  chunk_ = std::move(larger);
  capacity_ = capacity;
}

}  // namespace troupe::detail
