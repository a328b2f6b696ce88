#include <troupe/net/link/internal/live_link.hpp>

#include <troupe/futures/errors.hpp>
#include <troupe/net/link/internal/spelled_duration.hpp>

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

namespace troupe::detail {

void live_link::on_read(std::size_t bytes) {
  heard_ = true;
  reader_->filled(bytes);
  handle_frames();
}

void live_link::handle_frames() {
  // What comes is for whoever is to be told, who may not be there yet.
  waits_for_handler_ = !listened_ && !closing_;
  if (waits_for_handler_) return;
  try {
    frame f;
    while (on_ && !deaf_ && reader_->next(f)) handle(f);
  } catch (frame_error const& e) {
    fail(std::string("malformed: ") + e.what());
  } catch (std::bad_alloc const&) {
    fail("no memory for a message");
  }
  if (!on_) return;
  if (untold_ >= untold_limit && !closing_) add_control(accepted_frame);
  // Answers go before the loop looks for more to read.
  if (flush_queued_) write();
  if (on_) read_on();
}

void live_link::read_on() {
  try {
    if (deaf_) reader_->restart();
    on_->read(reader_->space());
  } catch (std::bad_alloc const&) {
    fail("no memory for a message");
    reader_->restart();
    on_->read(reader_->space());
  }
}

void live_link::handle(frame& f) {
  if (!outbox_.accepted(f.header.accepted)) throw frame_error("it accepts a message that was not sent");
  if (!wait_for_room_.empty()) look_for_room();
  f.header.type < first_control_type ? deliver(f) : handle_control(f);
}

void live_link::deliver(frame& f) {
  std::uint64_t const sequence = f.header.sequence;
  if (sequence != accepted_ + 1) {
    // Sent again after a break, though it had come.
    if (sequence > 0 && sequence <= accepted_) return;
    throw frame_error("message " + std::to_string(sequence) + " where " + std::to_string(accepted_ + 1) +
                      " comes next");
  }
  accepted_ = sequence;
  untold_ += sizeof(frame_header) + f.body.size();
  for (buffer const& b : f.attachments) untold_ += b.size();
  if (closing_ || !handler_) return;
  try {
    handler_->on_message(f.header.type, f.body, std::move(f.attachments));
  } catch (...) {
    fail(describe(std::current_exception()));
  }
}

void live_link::handle_control(frame const& f) {
  switch (f.header.type) {
    case ping_frame:
      // One is enough, however many pings have come since anything could be written.
      if (!closing_ && !std::exchange(pong_waits_, true)) add_control(pong_frame);
      return;
    case pong_frame:
    case accepted_frame:
      return;
    case close_frame:
      peer_closed_ = true;
      if (!std::exchange(closing_, true)) {
        look_for_room();
        reason_.assign(reinterpret_cast<char const*>(f.body.data()), std::min(f.body.size(), longest_reason));
        add_control(close_frame);
        wait_for_close();
      }
      return flush_later();
    default:
      throw frame_error("a frame of type " + std::to_string(f.header.type) + ", which is unknown here");
  }
}

void live_link::set_tick() {
  // At the same times for all links, so that a loop wakes once for all.
  duration beat = std::max<duration>(who_.options.heartbeat, std::chrono::milliseconds(1));
  set(tick_, time_point((runs().now().time_since_epoch() / beat + 1) * beat));
}

void live_link::tick() {
  if (down_) return tell_down();
  set_tick();
  if (!on_) return;
  silent_ticks_ = std::exchange(heard_, false) ? 0 : silent_ticks_ + 1;
  // Ticks, not time, are counted: while this process was stopped it was not the peer that was silent.
  if (silent_ticks_ * who_.options.heartbeat >= who_.options.silence_limit)
    return broke("nothing was heard for " + spelled_duration(who_.options.silence_limit));
  if (closing_) return;
  if (silent_ticks_ == 1)
    add_control(ping_frame);
  else if (untold_ > 0 || reader_->in_a_frame())
    add_control(accepted_frame);
  // Only the loop holds it, and nobody listens: nothing can come of it any more.
  if (unique() && !handler_) close("nobody uses this link any more");
}

}  // namespace troupe::detail
