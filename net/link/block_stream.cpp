#include <troupe/net/link/internal/block_stream.hpp>
#include <troupe/net/link/internal/frame.hpp>

#include <algorithm>
#include <utility>

namespace troupe::detail {

block_stream::block_stream(link_context& context, stream_ptr over, std::uint64_t codecs, bool told,
                           std::span<std::byte const> begun)
    : resident(context), over_(std::move(over)), reader_(codecs, begun), writer_(codecs, told) {
  over_->set_user(this);
}

stream_ptr block_stream::make(link_context& context, stream_ptr over, std::uint64_t codecs, bool told,
                              std::span<std::byte const> begun) {
  auto made = make_intrusive<block_stream>(context, std::move(over), codecs, told, begun);
  made->move_in(*made);
  return made;
}

void block_stream::read(std::span<iovec const> space) {
  wants_ = std::min(space.size(), wanted_.size());
  std::copy_n(space.begin(), wants_, wanted_.begin());
  if (giving_) return;
  // Not inside this call.
  if (reader_.holds()) return post(give_held_);
  give(0);
}

void block_stream::give(std::size_t filled) {
  intrusive_ptr<block_stream> alive(this);
  giving_ = true;
  while (user_ && wants_ > 0) {
    std::string malformed;
    try {
      filled += reader_.take(wanted(), filled);
    } catch (frame_error const& e) {
      malformed = e.what();
    }
    if (!malformed.empty()) {
      reader_.give_up();
      user_->on_malformed(malformed);
      continue;
    }
    if (filled == 0) break;
    wants_ = 0;
    user_->on_read(std::exchange(filled, 0));
  }
  giving_ = false;
  if (!user_ || wants_ == 0 || std::exchange(reading_, true)) return;
  over_->read(reader_.space(wanted()));
}

void block_stream::on_read(std::size_t bytes) {
  reading_ = false;
  give(reader_.filled(bytes));
}

void block_stream::on_writable() {
  if (user_) user_->on_writable();
}

void block_stream::on_end(std::string const& reason) {
  if (user_) user_->on_end(reason);
}

std::size_t block_stream::write(std::span<iovec const> pieces) { return writer_.write(*over_, pieces, runs().now()); }

void block_stream::close() noexcept {
  user_ = nullptr;
  wants_ = 0;
  over_->close();
  move_out();
}

void block_stream::abandon() noexcept {
  user_ = nullptr;
  wants_ = 0;
  over_->close();
}

}  // namespace troupe::detail
