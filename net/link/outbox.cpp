#include <troupe/net/link/internal/outbox.hpp>

#include <algorithm>
#include <cstring>

namespace troupe::detail {

void outbox::add_message(std::uint16_t type, std::span<std::byte const> body, std::vector<buffer> attachments,
                         std::uint64_t accepted, std::size_t joined) {
  frame_header header;
  header.type = type;
  header.body = static_cast<std::uint32_t>(body.size());
  header.attachments = static_cast<std::uint32_t>(count_joined(attachments.size(), joined));
  header.sequence = next_;
  header.accepted = accepted;
  append(header);
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < attachments.size(); ++i) {
    size += attachments[i].size();
    if (i + 1 < joined) continue;
    append(reinterpret_cast<std::byte const*>(&size), sizeof size);
    size = 0;
  }
  append(body.data(), body.size());
  for (buffer& b : attachments) {
    if (b.size() < referred_size)
      append(b.data(), b.size());
    else
      refer_to(std::move(b));
  }
  remember_end();
}

void outbox::add_control(frame_type type, std::span<std::byte const> body, std::uint64_t accepted) {
  frame_header header;
  header.type = type;
  header.body = static_cast<std::uint32_t>(body.size());
  header.accepted = accepted;
  append(header);
  append(body.data(), body.size());
}

void outbox::remember_end() {
  if (next_ - first_unaccepted_ == ends_.size()) {
    std::vector<std::uint64_t> larger(ends_.size() * 2);
    for (std::uint64_t s = first_unaccepted_; s < next_; ++s) larger[s & (larger.size() - 1)] = end_of(s);
    ends_ = std::move(larger);
  }
  end_of(next_++) = end_;
}

void outbox::append(std::byte const* data, std::size_t size) {
  while (size > 0) {
    if (!tail_ || tail_->used == chunk_size) start_chunk();
    std::byte* to = tail_->bytes.get() + tail_->used;
    std::size_t taken = std::min(size, chunk_size - tail_->used);
    std::memcpy(to, data, taken);
    if (goes_on_at(to))
      pieces_.back().size += taken;
    else
      pieces_.push_back({to, taken, {}, nullptr});
    tail_->used += taken;
    end_ += taken;
    data += taken;
    size -= taken;
  }
}

bool outbox::goes_on_at(std::byte const* to) const noexcept {
  if (pieces_.empty()) return false;
  piece const& last = pieces_.back();
  return last.attachment.empty() && !last.last_of && last.data + last.size == to;
}

void outbox::refer_to(buffer attachment) {
  auto bytes = attachment.bytes();
  pieces_.push_back({bytes.data(), bytes.size(), std::move(attachment), nullptr});
  end_ += bytes.size();
}

void outbox::start_chunk() {
  // A full chunk still has its last bytes in some piece, or release would have emptied it.
  if (tail_) pieces_.back().last_of = std::move(tail_);
  if (spare_.empty()) {
    tail_ = std::make_unique<chunk>();
    return;
  }
  tail_ = std::move(spare_.back());
  spare_.pop_back();
}

std::size_t outbox::gather(std::span<iovec> pieces) const noexcept {
  std::size_t count = 0, offset = writing_offset_;
  for (std::size_t i = writing_; i < pieces_.size() && count < pieces.size(); ++i) {
    piece const& p = pieces_[i];
    // An iovec points to what may be written to; these bytes are only read.
    auto* data = const_cast<std::byte*>(p.data + offset);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    if (p.size > offset) pieces[count++] = {data, p.size - offset};
    offset = 0;
  }
  return count;
}

void outbox::written(std::size_t bytes) noexcept {
  written_ += bytes;
  writing_offset_ += bytes;
  // The last piece stays the one being written: it may grow.
  while (writing_ + 1 < pieces_.size() && writing_offset_ >= pieces_[writing_].size)
    writing_offset_ -= pieces_[writing_++].size;
  if (all_accepted()) release();
}

bool outbox::accepted(std::uint64_t sequence) {
  if (sequence < first_unaccepted_) return true;
  if (sequence >= next_ || end_of(sequence) > written_) return false;
  accepted_ = end_of(sequence);
  first_unaccepted_ = sequence + 1;
  release();
  return true;
}

bool outbox::go_back_to(std::uint64_t next) {
  if (next < first_unaccepted_ || !accepted(next - 1)) return false;
  written_ = accepted_;
  writing_ = 0;
  writing_offset_ = accepted_ - front_;
  written(0);
  return true;
}

void outbox::release() noexcept {
  // Frames of the link itself behind the last message are done with once all of them are written.
  if (all_accepted() && written_ == end_) accepted_ = end_;
  while (!pieces_.empty() && front_ + pieces_.front().size <= accepted_) {
    piece& p = pieces_.front();
    front_ += p.size;
    if (writing_ > 0)
      --writing_;
    else
      writing_offset_ -= std::min(writing_offset_, p.size);
    if (p.last_of && spare_.size() < most_spare) {
      p.last_of->used = 0;
      spare_.push_back(std::move(p.last_of));
    }
    pieces_.pop_front();
  }
  if (pieces_.empty() && tail_) tail_->used = 0;
}

}  // namespace troupe::detail
