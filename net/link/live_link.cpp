#include <troupe/net/link/internal/live_link.hpp>

#include <troupe/net/link/internal/spelled_duration.hpp>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

namespace troupe::detail {
namespace {

std::span<std::byte const> bytes_of(std::string const& text) noexcept {
  return std::as_bytes(std::span(text.data(), std::min(text.size(), longest_reason)));
}

}  // namespace

live_link::live_link(link_context& context, identity who, intrusive_ptr<link_repair> repair)
    : resident(context), who_(std::move(who)), repair_(std::move(repair)) {}

void live_link::attach(stream_ptr on, std::unique_ptr<frame_reader> reader) {
  on_ = std::move(on);
  reader_ = std::move(reader);
  reader_->limit_to(who_.options.message_limit);
  local_address_ = on_->local_address();
  peer_address_ = on_->peer_address();
  same_host_ = on_->same_host();
  blocked_ = false;
  pong_waits_ = false;
  silent_ticks_ = 0;
  heard_ = true;
  on_->set_user(this);
}

void live_link::set_handler(link_handler* handler) noexcept {
  handler_ = handler;
  if (handler && !std::exchange(listened_, true)) begin_to_read();
  if (handler && std::exchange(tells_later_, false)) post(tell_down_);
}

void live_link::begin() {
  move_in(*this);
  set_tick();
  handle_frames();
}

void live_link::begin_to_read() noexcept {
  if (waits_for_handler_ && !std::exchange(read_queued_, true)) post(read_first_);
}

void live_link::read_first() {
  read_queued_ = false;
  if (on_ && waits_for_handler_) handle_frames();
}

void live_link::resume(stream_ptr on, std::unique_ptr<frame_reader> reader, std::uint64_t next) {
  if (!outbox_.go_back_to(next)) {
    on->close();
    return down("the link cannot be resumed: the peer waits for a message that is gone");
  }
  if (!closing_) unset(deadline_);
  stop_looking();
  attach(std::move(on), std::move(reader));
  flush_later();
  handle_frames();
}

void live_link::let_stream_go() {
  if (on_) broke("the peer began another connection");
}

void live_link::give_up(std::string reason) { down(closing_ ? std::move(reason_) : std::move(reason)); }

void live_link::send(std::uint16_t type, std::span<std::byte const> body, std::vector<buffer> attachments,
                     std::size_t joined) {
  if (closing_ || down_) return;
  if (!attachments.empty() || body.size() > who_.peer_limit || body.size() > largest_body)
    check_size(body.size(), attachments, joined);
  outbox_.add_message(type, body, std::move(attachments), accepted_, joined);
  untold_ = 0;
  flush_later();
  if (outbox_.unwritten() >= eager_write) write();
}

void live_link::check_size(std::uint64_t body, std::span<buffer const> attachments, std::size_t joined) const {
  auto const count = count_joined(attachments.size(), joined);
  std::uint64_t size = body + count * 8;
  for (buffer const& b : attachments) size += b.size();
  if (size > who_.peer_limit)
    throw error("a message of " + std::to_string(size) + " bytes; " + who_.peer.name + " at " + peer_address_ +
                " accepts at most " + std::to_string(who_.peer_limit));
  if (body > largest_body || count > most_attachments)
    throw error("a message with " + std::to_string(body) + " bytes beside its attachments and " +
                std::to_string(count) + " attachments; at most " + std::to_string(largest_body) + " and " +
                std::to_string(most_attachments) + " are possible");
}

void live_link::close(std::string reason) {
  if (closing_ || down_) return;
  closing_ = true;
  reason_ = std::move(reason);
  add_control(close_frame, reason_);
  wait_for_close();
  look_for_room();
  begin_to_read();
}

void live_link::wait_for_close() {
  went_ = outbox_.went();
  set(deadline_, time_after(runs().now(), who_.options.grace));
}

void live_link::when_accepted(std::size_t backlog, std::function<void(bool)> then) {
  if (down_) return then(false);
  wait_for_room_.push_back({backlog, std::move(then)});
  look_for_room();
}

void live_link::look_for_room() {
  auto may_go = [this](waits_for_room const& w) { return closing_ || outbox_.unaccepted() <= w.backlog; };
  if (room_queued_ || std::ranges::none_of(wait_for_room_, may_go)) return;
  room_queued_ = true;
  post(tell_room_);
}

void live_link::tell_room() {
  room_queued_ = false;
  for (auto& w : std::exchange(wait_for_room_, {})) {
    // One of those before may have sent something.
    if (closing_ || outbox_.unaccepted() <= w.backlog)
      w.then(!closing_);
    else
      wait_for_room_.push_back(std::move(w));
  }
  look_for_room();
}

void live_link::add_control(frame_type type, std::string const& text) {
  outbox_.add_control(type, bytes_of(text), accepted_);
  untold_ = 0;
  flush_later();
}

void live_link::flush_later() {
  if (!std::exchange(flush_queued_, true)) post(flush_);
}

void live_link::flush() {
  flush_queued_ = false;
  write();
}

void live_link::write() {
  if (!on_ || blocked_) return;
  std::array<iovec, 64> pieces;
  std::size_t turn = 0;
  while (outbox_.unwritten() > 0) {
    std::span<iovec const> gathered(pieces.data(), outbox_.gather(pieces));
    std::size_t offered = 0;
    for (iovec const& p : gathered) offered += p.iov_len;
    std::size_t taken = on_->write(gathered);
    outbox_.written(taken);
    blocked_ = taken < offered;
    if (blocked_) return;
    turn += taken;
    if (turn >= longest_turn) return flush_later();
  }
  pong_waits_ = false;
  if (closing_) all_written();
}

void live_link::all_written() {
  if (peer_closed_) return down(std::move(reason_));
  // Has anything been written since it was closed?
  if (outbox_.went() > went_) wait_for_close();
}

void live_link::on_writable() {
  blocked_ = false;
  write();
}

void live_link::drop_stream() noexcept {
  if (!on_) return;
  on_->set_user(nullptr);
  on_->close();
  on_ = nullptr;
}

void live_link::on_end(std::string const& reason) {
  // A process that was asked to close and has everything may go without a word.
  if (closing_ && outbox_.all_accepted()) return down(std::move(reason_));
  broke(reason.empty() ? "the other end closed it" : reason);
}

void live_link::broke(std::string reason) {
  drop_stream();
  if (peer_closed_ || deaf_) return down(std::move(reason_));
  broken_by_ = std::move(reason);
  if (peer_ended_) return give_up("its process ended");
  if (peer_listens_) set(look_, time_after(runs().now(), first_look));
  // Where it is closing, time goes on.
  if (!closing_) set(deadline_, time_after(runs().now(), who_.options.grace));
  repair_->repair(*this);
}

void live_link::out_of_time() {
  if (closing_ && !deaf_ && outbox_.went() > went_) return wait_for_close();
  if (on_ || closing_) return down(std::move(reason_));
  down("the connection to " + peer_address_ + " broke (" + broken_by_ + ") and did not come back within " +
       spelled_duration(who_.options.grace));
}

void live_link::expect_listener(intrusive_ptr<dialer> there) { peer_listens_ = std::move(there); }

void live_link::peer_ended() {
  peer_ended_ = true;
  if (!on_ && !down_) give_up("its process ended");
}

void live_link::look_for_peer() {
  peer_listens_->dial([self = intrusive_ptr<live_link>(this)](dialer::outcome const& found) { self->looked(found); });
}

void live_link::looked(dialer::outcome const& found) {
  if (found.on) found.on->close();
  if (found.nobody_listens) return give_up("its process is gone: nobody listens where it did");
  set(look_, time_after(runs().now(), next_look));
}

void live_link::stop_looking() noexcept {
  unset(look_);
  if (peer_listens_) peer_listens_->cancel();
}

void live_link::fail(std::string const& reason) {
  deaf_ = true;
  if (!std::exchange(closing_, true)) {
    reason_ = reason;
    add_control(close_frame, reason_);
    look_for_room();
  }
  set(deadline_, time_after(runs().now(), who_.options.grace));
}

void live_link::down(std::string reason) {
  if (std::exchange(down_, true)) return;
  drop_stream();
  unset(tick_);
  unset(deadline_);
  stop_looking();
  reason_ = std::move(reason);
  closing_ = true;
  // Who still holds the link holds nothing that was sent.
  outbox_ = outbox();
  std::exchange(repair_, nullptr)->forget(*this);
  post(tell_down_);
}

void live_link::tell_down() {
  tell_room();
  // Who was just given the link has not said yet whom to tell.
  tells_later_ = !handler_ && !unique();
  if (tells_later_) return set_tick();
  if (auto* handler = std::exchange(handler_, nullptr)) handler->on_down(reason_);
  move_out();
}

void live_link::abandon() noexcept {
  down_ = closing_ = true;
  handler_ = nullptr;
  wait_for_room_.clear();
  drop_stream();
  unset(tick_);
  unset(deadline_);
  stop_looking();
  repair_ = nullptr;
}

}  // namespace troupe::detail
